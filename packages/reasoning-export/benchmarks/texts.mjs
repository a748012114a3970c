// node texts.mjs FILE.gguf COUNT < PROMPTS.json: as JSON the greedy text after each prompt, up to the
// end token or COUNT tokens. Run it where node-llama-cpp is installed: `npm install node-llama-cpp`.
import {readFileSync} from "node:fs";
import {getLlama} from "node-llama-cpp";

const [file, count] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: file});
const context = await model.createContext({contextSize: 1024});
const sequence = context.getSequence();
const texts = [];
for (const prompt of JSON.parse(readFileSync(0, "utf8"))) {
    await sequence.clearHistory();
    const ids = [model.tokens.bos, ...model.tokenize(prompt, true)];
    const output = [];
    for await (const token of sequence.evaluate(ids, {temperature: 0})) {
        if (token === model.tokens.eos || token === model.tokens.eot) break;
        output.push(token);
        if (output.length == Number(count)) break;
    }
    texts.push(model.detokenize(output));
}
process.stdout.write(JSON.stringify(texts) + "\n");
process.exit(0);
