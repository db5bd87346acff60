// Routes requests. See tests/syntax.rs for what the marks mean.
import express, { type Request, Response as Reply } from 'express'; //: import express Request, Response as Reply, default as express
import type { Config } from './config'; //: import ./config Config
import * as path from "node:path"; //: import node:path * as path
export { Route, type Params as RouteParams } from "./route"; //: import ./route Route, Params as RouteParams | reexport Route pub | reexport RouteParams pub
export * from './errors'; //: import ./errors
export * as codes from './codes'; //: import ./codes * as codes | reexport codes pub

/** What a handler answers. */
export interface Answer extends Base, Body<string> { //: interface Answer pub bases=Base,Body doc="What a handler" to=+7
  status: number; //: attribute status pub in=Answer
  'content-type'?: string; //: attribute content-type pub in=Answer
  /** Only for redirects. */
  readonly location?: string; //: attribute location pub in=Answer doc="Only for redirects."
  send(reply: Reply): void; //: method send pub in=Answer
  [header: string]: unknown;
}

export type Handler<T = unknown> = (request: Request, body: T) => Promise<Answer>; //: type Handler pub
type Method = 'GET' | 'POST'; //: type Method

// What went wrong.
export enum Failure { //: enum Failure pub doc="What went wrong."
  NotFound, //: variant NotFound pub in=Failure
  /** Told to wait. */
  Busy = 429, //: variant Busy pub in=Failure doc="Told to wait."
  Gone, //: variant Gone pub in=Failure
  'Too late' = 410, //: variant Too late pub in=Failure
  'Too soon', //: variant Too soon pub in=Failure
}

const DEFAULT_PORT: number = 8080; //: variable DEFAULT_PORT
export const routes = new Map<string, Handler>(), fallbacks: Handler[] = []; //: variable routes pub | variable fallbacks

export const Status = { //: variable Status pub
  Active: 'active', //: attribute Active pub in=Status
  'Shut down': 'down', //: attribute Shut down pub in=Status
} as const;
export { limited as bounded, routes }; //: import = limited as bounded | reexport bounded pub
const limited = { high: 2 } satisfies Record<string, number>; //: variable limited | attribute high in=limited
type Shape = { kind: 'c', radius: number } | { kind: 's', side: number }; //: interface Shape | attribute kind in=Shape | attribute radius in=Shape | attribute side in=Shape
const first_page: Paged = { paging: { limit: 1 } }; //: variable first_page
interface Paged { paging: { limit: number } } //: interface Paged | attribute paging in=Paged | attribute limit in=paging

export const { first, other: second } = routes; //: variable first pub | variable second pub

/**
 * Hands requests to handlers.
 */
@injectable()
export class Router<C extends Config> extends express.Router implements Disposable, Iterable<Handler> { //: class Router pub bases=Router,Disposable,Iterable doc="Hands requests"
  static readonly prefix: string = '/'; //: attribute prefix in=Router
  protected handlers: Handler[] = []; //: attribute handlers pub in=Router
  #seen = 0; //: attribute #seen in=Router
  declare config?: C; //: attribute config in=Router

  static { Router.shared = 1; } //: attribute shared in=Router

  constructor(private readonly base: string, limit: number, readonly label = '', public mark?: string) { //: method constructor in=Router | attribute base in=Router | attribute label in=Router | attribute mark pub in=Router
    super();
    this.limit = limit; //: attribute limit in=Router
  }

  get size(): number { return this.handlers.length; } //: method size in=Router

  @logged
  public async handle(request: Request, reply: Reply): Promise<void> { //: method handle pub in=Router to=+10
    const found = this.find(request.path);
    // Nothing found is an answer as well.
    //         ^ comment in Router > handle
    if (!found) {
      throw new HttpError(Failure.NotFound, `no route for ${request.path} here`);
      //                                           ^ string expression in Router > handle
    }
    (await found(request, {})).send(reply);
    //                    ^ expression in Router > handle block=-8..+1
  }

  private find(route: string): Handler | undefined; //: method find in=Router
  private find(route: string) { //: method find in=Router
    return routes.get(path.join(this.base, route)) ?? fallbacks[DEFAULT_PORT];
  }

  onError = (error: Error) => { //: method onError in=Router
    this.#seen += 1;
  };
}

export abstract class Plugin { //: class Plugin pub
  abstract install(router: Router<Config>): void; //: method install in=Plugin
  protected abstract name: string; //: attribute name pub in=Plugin
}

export function isFailure(value: unknown): value is Failure; //: function isFailure pub
export function isFailure(value: unknown): boolean { //: function isFailure pub
  return typeof value === 'number' && value in Failure;
}

export const createRouter = (base: string): Router<Config> => { //: function createRouter pub
  throw new Error("Not implemented");
  //                ^ string expression in createRouter empty
};

declare module 'express' { //: module express
  interface Request { user?: string } //: interface Request in=express | attribute user in=Request
}

export namespace Limits { //: module Limits pub
  export const body = 1024; //: variable body pub in=Limits
}

namespace Limits.Deep { //: module Limits | module Deep in=Limits
  export const depth = 8; //: variable depth pub in=Deep
}
using opened = open(Limits.Deep); //: variable opened

declare function setup(port: number): void; //: function setup
//: uses Router=5 Failure=4 Handler=6 routes=4 DEFAULT_PORT=2 Answer=2
