// node greedy.mjs FILE.gguf TEXT COUNT: ids of the text, then of COUNT greedy tokens, as JSON.
// Run it where node-llama-cpp is installed: `npm install node-llama-cpp`.
import {getLlama} from "node-llama-cpp";

const [file, text, count] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: file});
const context = await model.createContext({contextSize: 256, threads: 1});
const prompt = model.tokenize(text);
const output = [];
for await (const token of context.getSequence().evaluate([model.tokens.bos, ...prompt], {temperature: 0})) {
    output.push(token);
    if (output.length == Number(count)) break;
}
process.stdout.write(JSON.stringify({prompt, output}) + "\n");
process.exit(0);
