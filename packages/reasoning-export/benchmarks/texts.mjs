// node texts.mjs FILE.gguf COUNT < PROMPTS.json: as JSON the greedy text after each prompt, up to the
// end token or COUNT tokens. Run it where node-llama-cpp is installed: `npm install node-llama-cpp`.
import {readFileSync} from "node:fs";
import {getLlama} from "node-llama-cpp";

const [file, count] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: file});
// One thread: on few virtual processors several wait for each other, many times as long.
const context = await model.createContext({contextSize: 512, threads: 1});
const sequence = context.getSequence();
const prompts = JSON.parse(readFileSync(0, "utf8"));
const texts = [];
for (const prompt of prompts) {
    await sequence.clearHistory();
    const ids = [model.tokens.bos, ...model.tokenize(prompt, true)];
    const output = [];
    for await (const token of sequence.evaluate(ids, {temperature: 0})) {
        if (model.isEogToken(token)) break;
        output.push(token);
        if (output.length == Number(count)) break;
    }
    texts.push(model.detokenize(output));
    process.stderr.write(`\r${texts.length} of ${prompts.length}`);
}
process.stderr.write("\n");
process.stdout.write(JSON.stringify(texts) + "\n");
process.exit(0);
