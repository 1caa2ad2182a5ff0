internal import Network

/// Keys of the lab itself, of its networks, and of its rules for logs.
extension KeyTable {
    package static let lab = KeyTable(
        "lab",
        [
            Key(
                "name", .form("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"),
                "Name of the lab. The run folder is `out/NAME`.", default: Key.required, example: "ping"),
            Key(
                "seed", .integer(0...UInt64.max), "Seed of everything that is drawn at random.", default: "1",
                example: "7"),
            Key(
                "start", .dateTime, "Time of day at simulated time 0 (RFC 3339).",
                default: LabFile.defaultStart,
                example: "2030-06-01T08:00:00+02:00"),
            Key(
                "until", .time(LabLimits.times), "Simulated time at which the lab ends.",
                default: "when all foreground commands have ended", example: "90s"),
            Key(
                "timeout", .either([.time(LabLimits.times), .word(["none"])]),
                "Wall-clock time after which the run has failed, or `none`.", default: "10min",
                example: "2h"),
            Key(
                "hermetic", .boolean,
                "Whether no machine may depend on the host's files: every machine needs a `root`, and gets it as a read-only disk, see [Roots and images](images.md#hermetic-labs).",
                default: "false", example: "true"),
            Key(
                "fail-fast", .boolean,
                "Whether the lab ends as soon as a foreground command has failed. Without this key, and without `until`, it ends when, after such a failure, no command of any machine has printed, started or ended for a simulated minute.",
                default: "see meaning", example: "true"),
            Key(
                "capture", .boolean, "Write the frames of all networks to pcapng files.", default: "false",
                example: "true"),
            Key(
                "networks", .mapping(names: ValueShape.hostName, .keys(network)),
                "The networks by name, see [Networks](#networks).", default: "none",
                example: "{ lan: { subnet: 10.0.0.0/24, latency: 5ms } }"),
            Key(
                "machines", .mapping(names: ValueShape.hostName, .keys(machine)),
                "The machines by name, see [Machines](#machines).", default: Key.required,
                example: "{ m1: { memory: 128M, run: [uname -a] } }"),
            Key(
                "faults", .list(.keys(fault)),
                "Faults that the lab causes, and when, see [Faults](faults.md).",
                default: "none", example: "[{ at: 10s, machine: m1, pause: true, for: 2s }]"),
            Key(
                "logs", .list(.keys(logRule)), "What machines must and must not print, see [Logs](#logs).",
                default: "none", example: "[{ never: \"connection reset\" }]"),
            Key(
                "kernel-reports", .boolean,
                "Whether warnings, bugs and panics of kernels, and reports of sanitizers, fail the run.",
                default: "true", example: "false"),
        ])

    /// A network's own keys; those of links are beside them.
    static let networkOnly = KeyTable(
        "network",
        [
            Key(
                "subnet", .subnet,
                "IPv4 network. Addresses that are left out are assigned in the order of the file. Without it machines get no addresses on the network, and cannot reach each other by name there.",
                default: "none", example: "10.0.0.0/24"),
            Key(
                "kind", .words(of: NetworkKind.self),
                "`switch` learns where addresses are, `hub` sends every frame to all other machines, `point-to-point` joins two machines.",
                default: "switch", example: "hub"),
            Key(
                "mtu", .integer(LabLimits.mtus), "Largest payload of a frame, bytes.", default: "1500",
                example: "9000"),
            Key(
                "offload", .boolean,
                "Machines may leave checksums and TCP segmentation to the network, so that up to 64 KiB move at a time; `false`: packet by packet.",
                default: "true; false where a link shapes or loses frames", example: "false"),
            Key(
                "capture", .boolean, "Write this network's frames to pcapng files.",
                default: "the lab's `capture`", example: "true"),
            Key(
                "latencies",
                .mapping(names: nil, .mapping(names: nil, .either([.time(LabLimits.delays), .keys(path)]))),
                "Latency from machine to machine, instead of `latency`. The way back is the same unless it is given. If a machine entry has [`count`](#machines), its name stands for all its machines.",
                default: "none",
                example: "{ m1: { m2: 10ms, m3: { latency: 30ms, loss: 1% } } }"),
            Key(
                "graph", .text,
                "GML file in Shadow's format, relative to the folder of the lab file: its shortest paths give latency and loss, its nodes bandwidths. Excludes `latency` and `latencies`.",
                default: "none",
                example: "topology.gml"),
        ])

    package static let network = networkOnly.with(linksAt: .network)

    /// As the reference has it: with the key of links that means something else on a network.
    static let documentedNetwork = KeyTable(
        "network", LinkKey.keys(at: .network).filter { $0.name == "latency" } + networkOnly.keys)

    /// One way between two machines.
    package static let path = KeyTable("path", LinkKey.keys(at: .path))

    package static let logRule = KeyTable(
        "log rule", exactlyOne: [["never", "must"]],
        [
            Key(
                "never", .text, "Regular expression (Swift's `Regex`) that no line may match.",
                default: "none",
                example: "\"connection reset\""),
            Key(
                "must", .text, "Regular expression that at least one line of each machine must match.",
                default: "none", example: "\"leader elected\""),
            Key(
                "in", .words(of: LogSource.self),
                "Which lines: of the kernel's `console`, of the `output` of commands and checks, or `all`.",
                default: "all", example: "output"),
            Key(
                "machines", .machineNames, "Machines, or names of `count` entries.", default: "all machines",
                example: "[m1, m2]"),
        ])

    /// With the keys of links that may stand there too.
    func with(linksAt place: LinkKey.Place) -> KeyTable {
        KeyTable(
            self.place, exactlyOne: exactlyOne, atLeastOne: atLeastOne, keys + LinkKey.keys(at: place))
    }
}
