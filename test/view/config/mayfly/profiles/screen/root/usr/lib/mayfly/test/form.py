"""A form that shows what it is given: a field of text, buttons, and what they did, in large plain letters."""

import os
import sys
import tkinter as tk

os.environ["DISPLAY"] = ":1"
is_warming = sys.argv[1:] == ["warm"]
scale = "0" if is_warming else sys.stdin.readline().strip()
root = tk.Tk()
root.title("form")
said = tk.StringVar(value=f"SCALE {scale}")
font = ("DejaVu Sans", 28)


def save():
    with open("/out/note.txt", "w", encoding="utf-8") as file:
        file.write(field.get())
    said.set("SAVED")


def give():
    root.clipboard_clear()
    root.clipboard_append(field.get())
    said.set("COPIED")


def flood(left=500):
    """Takes the clipboard as fast as it can, many times."""
    root.clipboard_clear()
    root.clipboard_append("flood")
    if left > 0:
        root.after(1, flood, left - 1)
    else:
        said.set("FLOODED")


field = tk.Entry(root, font=font, width=24)
field.pack(padx=20, pady=20)
field.bind("<Control-v>", lambda _event: None)
tk.Button(root, text="Save", font=font, command=save).pack()
tk.Button(root, text="Copy", font=font, command=give).pack()
tk.Button(root, text="Flood", font=font, command=flood).pack()
tk.Button(root, text="Close", font=font, command=root.destroy).pack()
tk.Label(root, textvariable=said, font=font).pack(pady=20)
field.focus_set()
root.after_idle(root.destroy if is_warming else lambda: print("ready", flush=True))
root.mainloop()
