internal import ArgumentParser
internal import Lab

/// `almanac calendar`: the calendar alone, for guests that somebody else starts.
struct CalendarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Serve a calendar, and a switch if wanted, to guests you start yourself.",
        discussion: """
            Start guests with `time-travel=ext:ID:PATH`, and with `virtio_uml.device=SWITCH:1` for a network interface. \
            The sockets appear once they listen. Ends when all clients have left, or with Ctrl-C.
            """)

    @Option(help: "Path of the calendar's socket.")
    var socket: String

    @Option(
        help:
            "Wait for this many clients; they start in the order of their IDs. Default: start each as it comes."
    )
    var clients: Int?

    @Option(help: "Time of day at 0, RFC 3339.")
    var start = "2026-01-01T00:00:00Z"

    @Option(name: .customLong("switch"), help: "Path of a switch's socket; every connection is a port.")
    var switchPath: String?

    @Option(help: "Latency of the switch: 5ms.")
    var latency: String?

    @Option(help: "Wall-clock seconds a client may be silent in its own turn.")
    var silenceLimit = 60

    @Flag(
        help:
            "No device interrupts clients, of this or of another program: then they share scheduling memory, and less wakes them."
    )
    var noDevices = false

    @Flag(help: "Speak with clients in messages only, without shared scheduling memory.")
    var noSharedMemory = false

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        if let clients, clients < 1 { throw ValidationError("--clients is at least 1") }
        if latency != nil, switchPath == nil {
            throw ValidationError("--latency is the switch's: give --switch PATH too")
        }
        if noDevices, switchPath != nil {
            throw ValidationError("--no-devices, but the switch is one: leave --switch out")
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
