// node greedy.mjs FILE.gguf TEXT COUNT: as JSON the ids of the text, of a chat in which a user says it
// (by the file's own template), and of the COUNT tokens that follow the text, greedy.
// Run it where node-llama-cpp is installed: `npm install node-llama-cpp`.
import {getLlama, JinjaTemplateChatWrapper} from "node-llama-cpp";

const [file, text, count] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: file});
const context = await model.createContext({contextSize: 256, threads: 1});
const prompt = model.tokenize(text);
const template = model.fileInfo.metadata.tokenizer.chat_template;
const chatHistory = [{type: "user", text}, {type: "model", response: []}];
const {contextText} = new JinjaTemplateChatWrapper({template}).generateContextState({chatHistory});
const chat = contextText.tokenize(model.tokenizer);
const output = [];
for await (const token of context.getSequence().evaluate([model.tokens.bos, ...prompt], {temperature: 0})) {
    output.push(token);
    if (output.length == Number(count)) break;
}
process.stdout.write(JSON.stringify({prompt, chat, output}) + "\n");
process.exit(0);
