#!/usr/bin/env node
import { createProgram, runProgram } from "./program.ts";

await runProgram(await createProgram());
