import { render } from "preact";

function Console(): preact.JSX.Element {
  return (
    <main>
      <h1>Mayfly</h1>
    </main>
  );
}

const place = document.getElementById("app");
if (place !== null) render(<Console />, place);
