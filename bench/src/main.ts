#!/usr/bin/env node
// The `tributary` command of this repository: the one that is published, and the verb `bench`
// beside its own verbs.
import { createProgram, runProgram } from "@tributary/cli";
import { benchCommand } from "./bench-command.ts";

const program = await createProgram();
await runProgram(program.addCommand(benchCommand()));
