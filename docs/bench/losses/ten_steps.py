"""Ten training steps in torch: ten_steps.py PEERS DIR NET BATCH RATE

DIR/NET.safetensors gets the weights before the first step, DIR/x.f32 and DIR/y.i32 ten
batches, DIR/losses a line for each step: the loss in f32 and that in f64. Nothing in it
is random in training: the model has no dropout."""
import os, sys

peers, out, name, batch, rate = *sys.argv[1:4], int(sys.argv[4]), float(sys.argv[5])
sys.path[:0] = [os.path.join(peers, "py"), os.path.join(os.path.dirname(__file__), "..", "outputs")]
import torch, torch.nn.functional as F, torchvision
import export_weights, models

# The prep of each data section, which netc compiles into the step; those of colours are
# exact, since what rounds there grows by 1e5 in the gradients of MobileNetV2.
PREP = {
    "lenet5": ([0.1307], [0.3081]),
    "resnet18_cifar": ([0.5] * 3, [0.25] * 3),
    "mobilenet_v2_64": ([0.5] * 3, [0.25] * 3),
}
mean, std = [torch.tensor(v).reshape(-1, 1, 1) for v in PREP[name]]

torch.set_num_threads(1)
ctor, shape, _, classes = models.TRAIN[name]
if name == "mobilenet_v2_64":
    ctor = lambda: torchvision.models.mobilenet_v2(num_classes=classes, dropout=0.0)
export_weights.save(models.make(ctor), os.path.join(out, name + ".safetensors"))
seed = torch.Generator().manual_seed(7)
y = torch.randint(0, classes, (10, batch), generator=seed)
coarse = torch.randn(10 * batch, shape[0], 8, 8, generator=seed)
x = F.interpolate(coarse, size=shape[1:], mode="bilinear").reshape(10, batch, *shape) * 0.3 + 0.48
x = (x * 256).round() / 256
x.numpy().tofile(os.path.join(out, "x.f32"))
y.to(torch.int32).numpy().tofile(os.path.join(out, "y.i32"))


def losses(dtype):
    m = models.make(ctor).train().to(dtype)
    sgd = torch.optim.SGD(m.parameters(), lr=rate, momentum=0.9)
    for i in range(10):
        sgd.zero_grad()
        loss = F.cross_entropy(m(((x[i] - mean) / std).to(dtype)), y[i])
        loss.backward()
        sgd.step()
        yield loss.item()


with open(os.path.join(out, "losses"), "w") as f:
    for pair in zip(losses(torch.float32), losses(torch.float64)):
        f.write("%.17g %.17g\n" % pair)
