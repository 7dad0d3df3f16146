#!/usr/bin/env node
import { LINUX } from './linux.ts';
import { runAsProcess } from './process.ts';

await runAsProcess(LINUX);
