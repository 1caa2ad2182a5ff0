/// The line that a terminal shows while a run goes on.
package enum StatusLine {
    /// - Parameter width: columns of the terminal; the text is not longer.
    package static func text(
        virtualNanoseconds: UInt64, wallNanoseconds: UInt64, machinesUp: Int, machines: Int, event: String,
        width: Int
    ) -> String {
        let speed = Format.speed(virtualNanoseconds: virtualNanoseconds, wallNanoseconds: wallNanoseconds)
        let parts = [
            "\(Format.simulated(virtualNanoseconds)) simulated", "\(Format.wall(wallNanoseconds)) wall",
            speed,
            "\(machinesUp)/\(machines) up", Format.harmless(event),
        ]
        return Format.shortened(parts.filter { !$0.isEmpty }.joined(separator: " | "), to: width)
    }
}
