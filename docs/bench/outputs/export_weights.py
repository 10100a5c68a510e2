"""Writes the tensors of a torch model to a safetensors file."""
import json
import numpy as np


def save(model, path):
    head, data = {}, b""
    for key, t in model.state_dict().items():
        a = t.numpy().astype(np.float32)
        head[key] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [len(data), len(data) + a.nbytes]}
        data += a.tobytes()
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + data)
