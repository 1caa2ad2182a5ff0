/// The line that a terminal shows during a run.
package struct StatusLine: Sendable {
    /// Numbers of machines by state.
    package struct Machines: Sendable {
        package var all: Int
        /// Started and not done.
        package var up: Int
        /// Of those, machines that wait for their turn.
        package var waiting: Int
        /// Machines that have ended or whose awaited commands have all ended.
        package var done: Int

        package init(all: Int, up: Int, waiting: Int, done: Int) {
            self.all = all
            self.up = up
            self.waiting = waiting
            self.done = done
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
        var states = ["\(machines.up)/\(machines.all) up"]
        if machines.waiting > 0 { states.append("\(machines.waiting) waiting") }
        if machines.done > 0 { states.append("\(machines.done) done") }
        let parts = [
            "\(Format.simulated(virtualNanoseconds)) simulated", date, speed, states.joined(separator: ", "),
            "\(frames) frame\(frames == 1 ? "" : "s")", Format.harmless(event),
        ]
        return Format.shortened(parts.filter { !$0.isEmpty }.joined(separator: " | "), to: width)
    }
}
