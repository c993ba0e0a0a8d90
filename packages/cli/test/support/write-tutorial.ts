// `node packages/cli/test/support/write-tutorial.ts`: runs the tutorial and writes docs/tutorial.md anew.
import { writeFile } from "node:fs/promises";
import { runTutorial, tutorialFile } from "./tutorial.ts";

await writeFile(tutorialFile, await runTutorial());
