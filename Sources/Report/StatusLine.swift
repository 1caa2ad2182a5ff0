/// The line that a terminal shows during a run.
package struct StatusLine: Sendable {
    /// Numbers of machines by state.
    package struct Machines: Sendable {
        /// Not up yet.
        package var starting: Int
        /// A foreground command has not ended.
        package var working: Int
        /// Up, with no foreground command left.
        package var serving: Int
        /// Ended.
        package var off: Int

        package init(starting: Int, working: Int, serving: Int, off: Int) {
            self.starting = starting
            self.working = working
            self.serving = serving
            self.off = off
        }

        var text: String {
            let states = [(starting, "starting"), (working, "working"), (serving, "serving"), (off, "off")]
            return "machines: " + states.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        }
    }

    package var virtualNanoseconds: UInt64
    package var wallNanoseconds: UInt64
    /// Simulated date and time, RFC 3339.
    package var date: String
    package var machines: Machines
    /// Frames sent so far.
    package var frames: UInt64
    /// The last event.
    package var event: String

    package init(
        virtualNanoseconds: UInt64, wallNanoseconds: UInt64, date: String, machines: Machines, frames: UInt64,
        event: String
    ) {
        self.virtualNanoseconds = virtualNanoseconds
        self.wallNanoseconds = wallNanoseconds
        self.date = date
        self.machines = machines
        self.frames = frames
        self.event = event
    }

    /// - Parameter width: columns of the terminal, the most that the text takes.
    package func text(width: Int) -> String {
        let speed = Format.speed(virtualNanoseconds: virtualNanoseconds, wallNanoseconds: wallNanoseconds)
        let parts = [
            "\(Format.simulated(virtualNanoseconds)) simulated", date, speed, machines.text,
            "\(frames) frame\(frames == 1 ? "" : "s")", Format.harmless(event),
        ]
        return Format.shortened(parts.filter { !$0.isEmpty }.joined(separator: " | "), to: width)
    }
}
