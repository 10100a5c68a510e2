"""Writes a peers' model with its weights and an input: export.py PEERS DIR NET

DIR/NET.onnx and DIR/NET.safetensors hold the same weights, DIR/x.f32 two inputs."""
import os, sys

peers, out, name = sys.argv[1:4]
sys.path.insert(0, os.path.join(peers, "py"))
import torch
import export_weights, models

ctor, shape = models.INFER[name]
m = models.make(ctor).eval()
x = torch.rand(2, *shape, generator=torch.Generator().manual_seed(7)) * 2 - 1
torch.onnx.export(m, x, os.path.join(out, name + ".onnx"), opset_version=13, input_names=["x"], output_names=["y"])
x.numpy().tofile(os.path.join(out, "x.f32"))
export_weights.save(m, os.path.join(out, name + ".safetensors"))
