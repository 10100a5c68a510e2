"""Ten training steps in torch: ten_steps.py PEERS DIR NET BATCH

DIR/NET.safetensors gets the weights before the first step, DIR/x.f32 and DIR/y.i32 ten
batches, DIR/losses the ten losses, one a line. Nothing in it is random in training: the
model has no dropout."""
import os, sys

peers, out, name, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
sys.path[:0] = [os.path.join(peers, "py"), os.path.join(os.path.dirname(__file__), "..", "outputs")]
import torch, torch.nn.functional as F, torchvision
import export_weights, models

# The prep of each data section, which netc compiles into the step.
PREP = {
    "lenet5": ([0.1307], [0.3081]),
    "resnet18_cifar": ([0.49, 0.48, 0.45], [0.25, 0.24, 0.26]),
    "mobilenet_v2_64": ([0.49, 0.48, 0.45], [0.25, 0.24, 0.26]),
}
mean, std = [torch.tensor(v).reshape(-1, 1, 1) for v in PREP[name]]

torch.set_num_threads(1)
ctor, shape, _, classes = models.TRAIN[name]
if name == "mobilenet_v2_64":
    ctor = lambda: torchvision.models.mobilenet_v2(num_classes=classes, dropout=0.0)
m = models.make(ctor).train()
export_weights.save(m, os.path.join(out, name + ".safetensors"))
seed = torch.Generator().manual_seed(7)
y = torch.randint(0, classes, (10, batch), generator=seed)
x = torch.rand(10, batch, *shape, generator=seed) + y.reshape(10, batch, 1, 1, 1) / classes  # something to learn
x.numpy().tofile(os.path.join(out, "x.f32"))
y.to(torch.int32).numpy().tofile(os.path.join(out, "y.i32"))
sgd = torch.optim.SGD(m.parameters(), lr=0.01, momentum=0.9)
with open(os.path.join(out, "losses"), "w") as f:
    for i in range(10):
        sgd.zero_grad()
        loss = F.cross_entropy(m((x[i] - mean) / std), y[i])
        loss.backward()
        sgd.step()
        f.write("%.9g\n" % loss.item())
