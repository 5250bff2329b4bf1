export { stixBundle, type StixIdOf } from "./bundle.ts";
