internal import ArgumentParser
internal import Lab

/// `almanac calendar`: the calendar alone, for guests that the user starts.
struct CalendarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Serve a calendar, and optionally a switch, to guests that you start yourself.",
        discussion: """
            Start guests with `time-travel=ext:ID:PATH`, and with `virtio_uml.device=SWITCH:1` for a network interface. \
            A socket exists once Almanac listens on it. The command ends when all clients have left, or with Ctrl-C.
            """)

    @Option(help: ArgumentHelp("Path of the calendar's socket.", valueName: "PATH"))
    var socket: String

    @Option(
        help: ArgumentHelp(
            "Wait for this many clients, and start them in the order of their IDs. Default: start each as it connects.",
            valueName: "N"),
        transform: wholeNumber)
    var clients: Int?

    @Option(help: ArgumentHelp("Time of day at simulated time 0, RFC 3339.", valueName: "TIME"))
    var start = "2026-01-01T00:00:00Z"

    @Option(
        name: .customLong("switch"),
        help: ArgumentHelp("Path of a switch's socket; every connection is a port.", valueName: "PATH"))
    var switchPath: String?

    @Option(help: ArgumentHelp("Latency of the switch: 5ms.", valueName: "DURATION"))
    var latency: String?

    @Option(
        help: ArgumentHelp(
            "End a client that is silent in its turn for this many seconds of wall-clock time. Default: 60.",
            valueName: "N"),
        transform: wholeNumber)
    var silenceLimit = 60

    @Flag(
        help:
            "Declare that no device interrupts clients, of Almanac or of another program; clients then exchange fewer messages."
    )
    var noDevices = false

    @Flag(help: "Exchange only messages with clients, without shared scheduling memory.")
    var noSharedMemory = false

    @Flag(help: "Print only errors.")
    var quiet = false

    func validate() throws {
        if let clients, clients < 1 { throw ValidationError("--clients is at least 1") }
        if latency != nil, switchPath == nil {
            throw ValidationError("--latency needs --switch PATH")
        }
        if noDevices, switchPath != nil {
            throw ValidationError("--no-devices and --switch exclude each other: the switch is a device")
        }
        guard silenceLimit > 0 else { throw ValidationError("--silence-limit is at least 1 second") }
    }

    func run() throws {
        let service = try CalendarService(
            options: .init(
                socket: socket, clients: clients, start: start, switchPath: switchPath, latency: latency,
                silenceLimit: silenceLimit, hasNoDevices: noDevices, sharesMemory: !noSharedMemory))
        defer { service.close() }
        while try service.step() {
            for line in service.takeLines() where !quiet { print(line) }
        }
        for line in service.takeLines() where !quiet { print(line) }
        if service.isInterrupted { throw ExitCode(130) }
        if service.brokenRules > 0 { throw ExitCode(1) }
    }
}
