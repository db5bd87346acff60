// A job queue. See tests/syntax.rs for what the marks mean.
import fs, { readFile as read, writeFile } from 'node:fs'; //: import node:fs readFile as read, writeFile, default as fs
import * as path from "path"; //: import path * as path
import './setup.js'; //: import ./setup.js
const { EventEmitter, once } = require('events'); //: import events EventEmitter, once
const util = require('util'); //: import util * as util | variable util

export { Worker, Pool as WorkerPool } from './worker.js'; //: import ./worker.js Worker, Pool as WorkerPool | reexport Worker pub | reexport WorkerPool pub
export * from './errors.js'; //: import ./errors.js

/** How often a job is tried. */
export const MAX_TRIES = 3; //: variable MAX_TRIES pub doc="How often"
let running = 0, waiting = []; //: variable running | variable waiting

/**
 * Jobs, one after another.
 */
export default class Queue extends EventEmitter { //: class Queue pub bases=EventEmitter doc="Jobs, one after another." to=+37
  static instances = 0; //: attribute instances in=Queue
  #jobs = []; //: attribute #jobs in=Queue
  // Bound, so that it can be handed out.
  push = (job) => { //: method push in=Queue doc="Bound, so that"
    this.#jobs.push(job);
  };

  constructor(name, options = {}) { //: method constructor in=Queue
    super();
    this.name = name; //: attribute name in=Queue
    this.tries = options.tries ?? MAX_TRIES; //: attribute tries in=Queue
    //                     ^ expression in Queue > constructor block=-3..+1
  }

  get length() { //: method length in=Queue
    return this.#jobs.length;
  }

  /** Runs all jobs. */
  async *run(signal) { //: method run in=Queue doc="Runs all jobs."
    for (const job of this.#jobs) {
      // One at a time.
      //    ^ comment in Queue > run
      const label = `job ${job.name} of ${this.name}`;
      //              ^ string expression in Queue > run
      running += 1;
      yield await once(job, label);
    }
  }

  'content-type'() {} //: method content-type in=Queue

  static later() { //: method later in=Queue
    throw new Error('not implemented')
    //                 ^ string expression in Queue > later empty
  }
}

function* numbers(limit) { //: function numbers
  for (let i = 0; i < limit; i++) yield i;
}

// Reads a job from a file.
export async function load(file) { //: function load pub doc="Reads a job"
  const parse = (text) => JSON.parse(text); //: function parse in=load
  const local = path.join('jobs', file);
  return parse(await read(local));
}

export const retry = async (job) => { //: function retry pub
  while (running < MAX_TRIES) await job();
};

const handlers = { //: variable handlers
  start() { running = 1; }, //: method start in=handlers
  stop: () => { running = 0; }, //: method stop in=handlers
  limit: MAX_TRIES, //: attribute limit in=handlers
  sizes: { small: 1, 'very large': 9 }, //: attribute sizes in=handlers | attribute small in=sizes | attribute very large in=sizes
  steps: [{ first: 1 }, { pause() {} }], //: attribute steps in=handlers | method pause
};
const levels = Object.freeze({ high: 2 }); //: variable levels | attribute high in=levels

/**
 * What a queue is made with.
 * @typedef {object} Options //: interface Options pub
 * @property {number} [tries] how often a job is tried //: attribute tries pub in=Options
 * @property {Legacy} options.inner is no member of it
 */

/** @typedef {import('./worker.js').Options} WorkerOptions */


export const { begin, stop: end, size = 2 } = handlers; //: variable begin pub | variable end pub | variable size pub
export const [one, two] = waiting; //: variable one pub | variable two pub

function Legacy() { //: function Legacy
  this.read = function () { return this.limit; }; //: method read in=Legacy
  this.unit = 'K';
}
Object.defineProperty(Legacy.prototype, 'open', { get: () => true }); //: attribute open in=Legacy | method get
Legacy.prototype.limit = 3; //: attribute limit in=Legacy
Legacy.prototype = { reset() {}, unit: 'K' }; //: method reset in=Legacy | attribute unit in=Legacy
Object.assign(Legacy.prototype, { skip: function () {} }); //: method skip in=Legacy
Legacy.prototype.step = function () { return util.inspect(this); }; //: method step in=Legacy
exports.drain = function (queue) { return writeFile(queue.name, fs); }; //: function drain
const Plain = class extends Queue { //: class Plain bases=Queue
  size() { return handlers; } //: method size in=Plain
};
exports.LEVELS = ['low', 'high']; //: variable LEVELS
exports.running = running;
exports.CODES = { full: 507 }; //: variable CODES | attribute full in=CODES
exports.pause = exports.halt = function () {}; //: function pause | function halt
exports.Late = class Later extends Queue {}; //: class Late bases=Queue
let late; //: variable late
late = class extends Plain {}; //: class late bases=Plain
start = function () { return late; }; //: function start
module.exports = function createQueue() {}; //: function createQueue
module.exports.levels = new Map(); //: variable levels
module.exports = { Legacy, Plain, waiting, version: 3, close() {} }; //: attribute version pub | method close pub
//: uses MAX_TRIES=4 Legacy=7 running=7 Queue=3 parse=3
