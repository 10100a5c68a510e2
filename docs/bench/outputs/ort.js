// Runs a model in ONNX Runtime: node ort.js NODE_MODULES MODEL X Y N C H W reads the
// floats of file X and writes the outputs to file Y.
const fs = require('fs'), path = require('path');
const [modules, model, x, y, ...shape] = process.argv.slice(2);
const ort = require(path.join(modules, 'onnxruntime-node'));
(async () => {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  const bytes = fs.readFileSync(x);
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const out = await session.run({ x: new ort.Tensor('float32', floats, shape.map(Number)) });
  const d = out.y.data;
  fs.writeFileSync(y, Buffer.from(d.buffer, d.byteOffset, d.byteLength));
})();
