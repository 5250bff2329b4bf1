export { readClientHello, type ClientHello, type HelloReading } from "./client-hello.ts";
