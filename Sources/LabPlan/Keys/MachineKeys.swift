/// Keys of machines and of what stands in them.
extension KeyTable {
    package static let machine = KeyTable(
        "machine",
        [
            Key(
                "kernel", .text, "Path of a kernel for this machine.", default: "`almanac kernel path`",
                example: "/opt/linux-6.6/linux"),
            Key(
                "model", ModelKeys.shape,
                "A model instead of a kernel, see [Models](#models). It needs `networks` with a `subnet` and takes no key but `count` beside them.",
                default: "none",
                example: "{ kind: ping, to: m2 }"),
            Key(
                "count", .integer(1...UInt64(LabLimits.machines)),
                "Number of machines, called `M1`, `M2` and so on.", default: "one machine, `M`", example: "3"),
            Key(
                "root", .text,
                "Its root: a folder, a tar file (`.tar`, `.tar.gz`, `.tgz`, `.tar.zst`), or an image, `oci:FOLDER:TAG` or `docker-archive:FILE:TAG`; see [Roots and images](images.md).",
                default: "the host's", example: "oci:images:web"),
            Key(
                "entrypoint", words, "The words before `command`. With it, the image's `Cmd` is ignored.",
                default: "the image's",
                example: "[/usr/bin/tini, --]"),
            Key(
                "command", words,
                "The machine's program and its arguments, executed without a shell, instead of `run`. It passes with exit status 0, or if it still runs at the end.",
                default: "the image's; the image's `entrypoint` gets it as arguments",
                example: "[nginx, -g, \"daemon off;\"]"),
            Key(
                "stop-signal", .form("^([Ss][Ii][Gg])?[A-Za-z0-9]+$"),
                "Signal that ends the machine's program when the lab ends.",
                default: "the image's, else TERM",
                example: "QUIT"),
            Key(
                "user", .form("^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$"),
                "As whom commands and checks run: a name or number, and perhaps `:GROUP`.",
                default: "the image's, else root", example: "www-data"),
            Key(
                "workdir", .form("^/"), "Where commands and checks start. It is made if it is missing.",
                default: "the image's; `/` in another root of its own, `/root` in the host's", example: "/srv"
            ),
            Key(
                "hostname", .form("^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$"),
                "What the machine calls itself. Others reach it by its name in the lab.",
                default: "the machine's name", example: "node1.example.org"),
            Key(
                "mounts", .mapping(names: nil, .keys(mount)),
                "Folders of the host, or in memory, each under the path where the machine sees it, see [Mounts](#mounts).",
                default: "none", example: "{ /src: { from: ./src }, /cache: { tmpfs: 16M } }"),
            Key(
                "sysctls", .mapping(names: nil, .text), "Settings of its kernel, as `sysctl` has them.",
                default: "the kernel's", example: "{ net.core.somaxconn: 1024 }"),
            Key(
                "ulimits", .mapping(names: "^[a-z]+$", .either([limitValue, .keys(limit)])),
                "Limits of what its commands may use, as in limits.conf(5).",
                default: "the kernel's", example: "{ nofile: 65536, core: unlimited }"),
            Key(
                "stop-grace", .time(LabLimits.stopGraces),
                "Time from a command's stop signal to SIGKILL when the lab ends, at most 50s.", default: "5s",
                example: "20s"
            ),
            Key(
                "hosts", .mapping(names: nil, .address),
                "Names in its `/etc/hosts`, beside those of the lab's machines.",
                default: "none", example: "{ registry.example.org: 10.0.0.9 }"),
            Key(
                "memory", .size, "Memory, 32M to 64G, in whole kibibytes.", default: "64M", example: "256M"),
            Key(
                "networks",
                .either([
                    .list(.text),
                    .mapping(names: nil, .either([.nothing, .address, .keys(interface)])),
                ]),
                "Networks that the machine is in: a list, or a mapping to its address or to [more keys](#interfaces). The first is `eth0`, the next `eth1`, and so on.",
                default: "none",
                example: "{ lan: 10.0.0.7 }"),
            Key(
                "env", .mapping(names: nil, .either([.nothing, .text])),
                "Environment variables of the machine's commands, beside or instead of [their own](#commands).",
                default: "none", example: "{ TZ: Europe/Berlin }"),
            Key(
                "files", .mapping(names: nil, .either([.nothing, .text, .keys(file)])),
                "Files that are put into the machine: a text, or [more keys](#files). Together at most 64 MiB.",
                default: "none",
                example: "{ /etc/motd: \"hello\" }"),
            Key(
                "routes", .mapping(names: nil, .address),
                "Gateways by destination: an IPv4 network or `default`.", default: "none",
                example: "{ 10.1.0.0/16: 10.0.0.254, default: 10.0.0.1 }"),
            Key(
                "forward", .boolean, "Whether the machine forwards IPv4 between its networks.",
                default: "false", example: "true"),
            Key(
                "run", .list(.either([.text, words, .keys(command)])),
                "Commands, one after another: a text for `sh -c`, a list of words for a program without a shell, or [more keys](#commands).",
                default:
                    "the image's program, if `root` is an image; else none, and the machine runs until the lab ends",
                example: "[ping -c 3 m2]"),
            Key(
                "restart", .form("^(no|always|unless-stopped|on-failure(:[1-9][0-9]*)?)$"),
                "When the last command is started again, as container engines do it: `no`, `always` (or `unless-stopped`; the lab can end while it runs), `on-failure`, `on-failure:5` for at most five times. It is started 100 ms after its end, then twice as long after each further end, up to a minute; after a run of 10 s or more the delay is 100 ms again.",
                default: "no", example: "on-failure"),
            Key(
                "health", .either([.word(["none"]), .keys(health)]),
                "A command that says whether the machine is healthy, see [Health](#health). `none` leaves the image's out.",
                default: "the image's, if `root` is an image",
                example: "{ test: curl -sf localhost, interval: 5s }"),
            Key(
                "after", .mapping(names: ValueShape.hostName, .words(of: Dependency.Condition.self)),
                "Machines that its commands wait for: until the other's last command is `started`, its health check passes (`healthy`), or its last command has ended with status 0 (`done`).",
                default: "none", example: "{ m2: started }"),
            Key(
                "check", .list(.keys(check)), "Commands that judge the lab, see [Checks](#checks).",
                default: "none", example: "[{ command: test -f /etc/passwd, at: 20s }]"),
            Key(
                "state", .words(of: MachineState.self),
                "`keep`: what has reached the machine's disk survives a kill (a virtio disk of 4 GiB with ext4, made by the host's mke2fs).",
                default: "lost", example: "keep"),
            Key(
                "artifacts", .list(.form("^/")),
                "Files and folders of the machine that are copied into the run folder at the end, see [Artifacts](#artifacts): absolute paths, or patterns as in a shell.",
                default: "none", example: "[/var/log/app, /core*]"),
            Key(
                "polling", .either([.word(["exact"]), .time(LabLimits.pollingLimits)]),
                "The most simulated time that a system call takes which gives a program nothing, see [Polling](#polling). `exact`: no more than any other.",
                default: "100us", example: "exact"),
        ])

    /// A program and its arguments.
    static let words = ValueShape.list(.text)

    /// Keys of a machine that only one with a kernel has.
    static let kernelOnly = [
        "kernel", "root", "entrypoint", "command", "stop-signal", "user", "workdir", "hostname", "mounts",
        "sysctls", "ulimits", "stop-grace", "hosts", "memory", "env", "files",
        "routes", "forward", "run", "restart", "health", "after", "check", "state",
        "artifacts", "polling",
    ]

    /// An interface of a machine.
    package static let interface = KeyTable(
        "interface",
        [
            Key(
                "address", .either([.nothing, .address]), "IPv4 address in the network's `subnet`.",
                default: "the next free one", example: "10.0.0.7"),
            Key(
                "mac", .macAddress, "Ethernet address of one interface.",
                default: "from the names of machine and network", example: "\"02:00:00:00:00:01\""),
            Key(
                "aliases", .list(.text), "Other names for this address, for all machines.",
                default: "none", example: "[database, db.example.org]"),
            Key(
                "mtu", .integer(LabLimits.mtus), "Largest payload of a frame, bytes.",
                default: "the network's", example: "1400"),
            Key(
                "node", .integer(0...UInt64(Int.max)), "Node of the network's `graph`.",
                default: "required with `graph`", example: "3"),
            Key(
                "out", .keys(link), "[Link keys](#links) of the link from the machine.",
                default: "the network's keys", example: "{ bandwidth: 1Mbit, loss: 5% }"),
            Key(
                "in", .keys(link), "[Link keys](#links) of the link to the machine.",
                default: "none", example: "{ bandwidth: 8Mbit }"),
        ])

    /// A link from or to a machine.
    static let link = KeyTable("link", LinkKey.keys(at: .interface))

    private static let limitValue = ValueShape.either([.integer(0...UInt64.max), .word(["unlimited", "-1"])])

    package static let limit = KeyTable(
        "limit",
        [
            Key("soft", limitValue, "What programs are held to.", default: Key.required, example: "1024"),
            Key(
                "hard", limitValue, "How far they may raise it.", default: Key.required, example: "unlimited"),
        ])

    package static let mount = KeyTable(
        "mount", exactlyOne: [["from", "tmpfs"]],
        [
            Key(
                "from", .text,
                "Folder of the host, from the lab file's folder. What the machine writes there stays in the machine.",
                default: "none", example: "./src"),
            Key(
                "tmpfs", .either([.size, .word(["default"])]),
                "An empty folder in memory of at most this size; `default`: half of the machine's memory.",
                default: "none", example: "16M"),
        ])

    package static let file = KeyTable(
        "file", exactlyOne: [["content", "from"]],
        [
            Key("content", .text, "The text of the file.", default: "none", example: "\"#!/bin/sh\""),
            Key(
                "from", .text, "Host file, from the lab file's folder.", default: "none", example: "server.py"
            ),
            Key(
                "mode", .either([.form("^[0-7]{1,5}$"), .integer(0...7777)]), "Permissions, octal.",
                default: "0644", example: "\"0755\""),
        ])

    package static let command = KeyTable(
        "command",
        [
            Key(
                "command", .either([.text, words]),
                "A text for `sh -c`, or the words of a program without a shell.", default: Key.required,
                example: "./server --port 80"),
            Key(
                "at", .time(LabLimits.times),
                "Simulated time at which the command starts, 1s or later, whatever else runs. The commands after it do not wait for it.",
                default:
                    "when the last command before it that has neither `at` nor `background` has ended, whatever its exit status",
                example: "90s"),
            Key(
                "expect",
                .either([
                    .integer(0...255), .word(["running", "any"]),
                    .list(.either([.integer(0...255), .word(["running"])])),
                ]),
                "What must be true at the end: this exit status, `running` (implies `background`), `[STATUS, running]` for one of the two, or `any`.",
                default: "0. For a background command: 0, or still running at the end", example: "running"),
            Key(
                "background", .boolean, "Whether the next command starts at once and the lab does not wait.",
                default: "false", example: "true"),
            Key(
                "stop-signal", .form("^([Ss][Ii][Gg])?[A-Za-z0-9]+$"),
                "Signal that ends the command when the lab ends.", default: "TERM", example: "INT"),
        ])

    package static let health = KeyTable(
        "health",
        [
            Key(
                "test", .either([.text, words]),
                "A text for `sh -c`, or the words of a program without a shell; exit status 0 passes.",
                default: Key.required, example: "curl -sf localhost"),
            Key(
                "interval", .time(LabLimits.positiveTimes), "From the end of a probe to the next.",
                default: "30s", example: "5s"),
            Key(
                "timeout", .time(LabLimits.positiveTimes),
                "How long a probe may take; then it is killed and has failed.", default: "30s", example: "3s"),
            Key(
                "retries", .integer(1...UInt64(LabLimits.mostRetries)),
                "Probes in a row that must fail before the machine is unhealthy.", default: "3", example: "5"),
            Key(
                "start-period", .time(LabLimits.times),
                "Failures in this time after the start of the last command do not count.", default: "0s",
                example: "20s"),
            Key(
                "start-interval", .time(LabLimits.positiveTimes),
                "From the end of a probe to the next in the start period.", default: "5s", example: "1s"),
        ])

    package static let check = KeyTable(
        "check", atLeastOne: ["at", "every", "eventually"],
        [
            Key(
                "command", .text, "Text for `sh -c`.", default: Key.required,
                example: "ping -c 1 m2"),
            Key(
                "at", .time(LabLimits.times), "Run once, at this simulated time, 1s or later.",
                default: "none", example: "20s"),
            Key(
                "every", .time(LabLimits.positiveTimes),
                "Run again and again, this long from start to start; each run must pass. Beside `eventually`: how often it is tried.",
                default: "none; 1s beside `eventually`", example: "500ms"),
            Key(
                "from", .time(LabLimits.times), "With `every`: the first run.",
                default: "one interval after 1s", example: "5s"),
            Key(
                "until", .time(LabLimits.times), "With `every`: no run starts at this time or later.",
                default: "the end of the lab", example: "60s"),
            Key(
                "eventually", .time(LabLimits.positiveTimes),
                "Must pass within this time, counted from when the last fault ends (one without `for`, such as a kill: from when it begins), or from 1s in a lab without faults.",
                default: "none", example: "30s"),
            Key(
                "expect", .integer(0...255), "Exit status that passes.", default: "0", example: "1"),
        ])
}
