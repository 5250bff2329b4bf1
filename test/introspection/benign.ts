/** Programs that do what programs do, a few of them unusual. `user` is who runs it. */
export interface BenignRun {
  readonly profile: string;
  readonly user: "user" | "root";
  readonly argv: readonly [string, ...string[]];
  /** Takes tens of seconds on a busy host: run twice at most. */
  readonly isSlow?: true;
}

const shell = (script: string, user: "user" | "root" = "user"): BenignRun => ({
  profile: "base",
  user,
  argv: ["sh", "-c", script],
});

const python = (script: string, user: "user" | "root" = "user"): BenignRun => ({
  profile: "python",
  user,
  argv: ["python3", "-c", script],
});

const office = (script: string): BenignRun => ({
  profile: "office",
  user: "user",
  argv: ["sh", "-c", script],
});

const slow = (run: BenignRun): BenignRun => ({ ...run, isSlow: true });

/** Turned on and off, tracing makes the kernel rewrite some thousand places of its own text. */
const TRACE = "mkdir -p /t && mount -t tracefs t /t";

export const BENIGN: readonly BenignRun[] = [
  shell("true"),
  shell("seq 1 20000 | sort -r | md5sum; find / -xdev | wc -l"),
  shell("for i in $(seq 1 60); do sh -c 'echo $$' & done; wait"),
  slow(
    shell(
      "dd if=/dev/urandom of=/tmp/r bs=1M count=24; gzip -k /tmp/r; tar cf /tmp/t.tar /tmp/r.gz; rm /tmp/r",
    ),
  ),
  shell(
    "(echo hello | nc -l -p 5555 >/tmp/got &) ; sleep 0.2; echo there | nc -w1 127.0.0.1 5555; cat /tmp/got",
  ),
  shell("wget -T 2 -O - http://127.0.0.1:1/ ; curl -m 2 https://example.org/; nslookup example.org; true"),
  shell(
    "(sleep 100 & kill -9 $!); sh -c 'kill -SEGV $$'; ulimit -s unlimited; awk 'BEGIN{for(i=0;i<200000;i++)a[i]=i}'",
  ),
  shell("cp /bin/busybox /tmp/busybox && /tmp/busybox sha256sum /tmp/busybox"),
  shell(
    "mount -t tmpfs none /mnt 2>/dev/null || mount -t tmpfs none /tmp; ip addr; dmesg | tail -3; cat /proc/modules",
    "root",
  ),
  shell("unshare -r -n true; unshare -m true; cat /proc/kallsyms | wc -l; hostname other; sync", "root"),
  shell(
    `${TRACE}; echo 1 >/t/events/sched/enable; ls / >/dev/null; echo 1 >/t/events/syscalls/enable; ls /`,
    "root",
  ),
  shell(`${TRACE}; echo 1 >/t/events/enable; ls /; echo 0 >/t/events/enable`, "root"),
  shell(
    "swapoff -a; echo 3 >/proc/sys/vm/drop_caches; cat /proc/slabinfo >/dev/null; echo 1 >/proc/sys/vm/compact_memory",
    "root",
  ),
  python("print(sum(i * i for i in range(300000)))"),
  slow(python("import numpy as n; a = n.random.rand(300, 300); print(n.linalg.svd(a @ a.T)[1][:3])")),
  slow(
    python(
      "import pandas as p; d = p.DataFrame({'a': range(50000)}); d['b'] = d.a % 7; print(d.groupby('b').sum())",
    ),
  ),
  slow(
    python(
      "import matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot as p; p.plot([1, 3, 2]); p.savefig('/tmp/a.png')",
    ),
  ),
  python(
    "import subprocess, threading\nts = [threading.Thread(target=subprocess.run, args=(['true'],)) for _ in range(20)]\n[t.start() for t in ts]; [t.join() for t in ts]",
  ),
  python(
    "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(1, 29, 1); s.setsockopt(1, 37, 0x5f); s.bind(('127.0.0.1', 0)); s.sendto(b'x', s.getsockname()); print(s.recv(9))",
  ),
  // A segment table of its own, and no reading of the time-stamp counter: both are in descriptors or registers.
  python(
    "import ctypes\nc = ctypes.CDLL(None)\nd = (ctypes.c_uint32 * 4)(0, 0x1000, 0xfffff, 0x51)\nprint(c.syscall(154, 1, d, 16)); print(c.prctl(26, 2, 0, 0, 0))\nfor _ in range(10): c.sched_yield()",
  ),
  python(
    "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7); m.write(b'\\xb8\\x2a\\0\\0\\0\\xc3')\nf = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m))); print(f())",
  ),
  python(
    "import ctypes\nc = ctypes.CDLL(None); c.prctl(38, 1, 0, 0, 0)\np = ctypes.create_string_buffer(b'\\x06\\0\\0\\0\\0\\0\\xff\\x7f'); f = (ctypes.c_uint64 * 2)(1, ctypes.addressof(p)); print(c.prctl(22, 2, f))",
  ),
  slow(python("x = bytearray(400 * 2**20)\nfor i in range(0, len(x), 4096): x[i] = 1")),
  python(
    "import ssl, sqlite3, json, zlib, hashlib; c = sqlite3.connect('/tmp/d'); c.execute('create table t(a)'); c.executemany('insert into t values(?)', [(i,) for i in range(5000)]); c.commit()",
  ),
  python(
    "import os, resource, signal\nfor i in range(30):\n  if os.fork() == 0: os._exit(i)\nsignal.setitimer(signal.ITIMER_REAL, 0.01); signal.sigwait([signal.SIGALRM]) if False else None",
  ),
  office(
    "echo '<p>Hello</p>' >/tmp/a.html; pdftotext -v; python3 -c 'import fitz; d = fitz.open(); d.new_page().insert_text((50, 50), \"hello\"); d.save(\"/tmp/a.pdf\")'; pdftoppm -png /tmp/a.pdf /tmp/a",
  ),
  office("python3 /usr/lib/mayfly/converter/warm_up.py common"),
];
