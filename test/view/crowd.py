"""Opens a thousand windows, as fast as it can, and stays."""

import os
import sys
import tkinter as tk

os.environ["DISPLAY"] = ":1"
sys.stdin.readline()
root = tk.Tk()
root.option_add("*background", "white")
print("ready", flush=True)
for number in range(1, 1001):
    window = tk.Toplevel(root)
    tk.Label(window, text=f"WINDOW {number}", font=("DejaVu Sans", -48)).pack(pady=40)
    window.update()
root.mainloop()
