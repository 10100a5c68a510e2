"""Writes a peers' model with its weights and an input: export.py PEERS DIR NET

DIR/NET.onnx and DIR/NET.safetensors hold the same weights, DIR/x.f32 two inputs."""
import json, os, sys

peers, out, name = sys.argv[1:4]
sys.path.insert(0, os.path.join(peers, "py"))
import numpy as np, torch
import models

ctor, shape = models.INFER[name]
m = models.make(ctor).eval()
x = torch.rand(2, *shape, generator=torch.Generator().manual_seed(7)) * 2 - 1
torch.onnx.export(m, x, os.path.join(out, name + ".onnx"), opset_version=13, input_names=["x"], output_names=["y"])
x.numpy().tofile(os.path.join(out, "x.f32"))

head, data = {}, b""
for key, t in m.state_dict().items():
    a = t.numpy().astype(np.float32)
    head[key] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [len(data), len(data) + a.nbytes]}
    data += a.tobytes()
text = json.dumps(head).encode()
text += b" " * (-len(text) % 8)
with open(os.path.join(out, name + ".safetensors"), "wb") as f:
    f.write(len(text).to_bytes(8, "little") + text + data)
