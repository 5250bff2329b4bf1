import { render } from "preact";
import "./view.css";
import { LiveView } from "./live-view.tsx";

const root = document.getElementById("root");
const id = new URLSearchParams(location.search).get("id") ?? "";
if (root !== null)
  render(<LiveView socket={new URL(`${encodeURIComponent(id)}/socket`, location.href)} />, root);
