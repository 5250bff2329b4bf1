"""A pad: a menu, a field of text, a button and a list. It writes what is done to it into /out/done.txt, and ends at Escape."""

import os
import sys
import tkinter as tk

os.environ["DISPLAY"] = ":1"
sys.stdin.readline()
root = tk.Tk()
for part in ("background", "activeBackground"):
    root.option_add(f"*{part}", "white")
root.configure(background="white")
font = ("DejaVu Sans", -36)
done = open("/out/done.txt", "w", encoding="utf-8")


def tell(*what):
    print(*what, file=done, flush=True)


def typed(_event):
    tell("typed", field.get())
    field.delete(0, "end")


def place_of(window):
    return window.winfo_rootx(), window.winfo_rooty(), window.winfo_width(), window.winfo_height()


def ask():
    """A dialog as programs have them: small, and of its main window."""

    def answer():
        tell("main", *place_of(root))
        tell("dialog", *place_of(dialog))
        dialog.destroy()

    dialog = tk.Toplevel(root)
    dialog.transient(root)
    dialog.title("Dialog")
    dialog.geometry("320x160")
    tk.Button(dialog, text="ANSWER", font=font, command=answer).pack(expand=True, fill="both")


bar = tk.Menu(root, font=font)
menu = tk.Menu(bar, font=font, tearoff=False)
menu.add_command(label="QUESTION", command=ask)
bar.add_cascade(label="MENU", menu=menu)
root.configure(menu=bar)
field = tk.Entry(root, font=font)
field.place(x=0, y=0, width=600, height=80)
field.bind("<Return>", typed)
field.focus_set()


def pressed():
    button.configure(text="PRESSED")
    tell("button")


button = tk.Button(root, text="BUTTON", font=font, command=pressed)
button.place(x=0, y=100, width=600, height=100)
ground = tk.Frame(root, relief="solid", borderwidth=2)
ground.place(x=0, y=220, width=600, height=600)
ground.bind("<Button-4>", lambda _event: tell("up"))
ground.bind("<Button-5>", lambda _event: tell("down"))
ground.bind("<Button-3>", lambda _event: tell("second button"))
ground.bind("<ButtonRelease-1>", lambda event: tell("let go at", event.x, event.y))
root.bind("<Escape>", lambda _event: root.destroy())
root.after_idle(print, "ready")
root.after_idle(sys.stdout.flush)
root.mainloop()
