package import Calendar

/// What init sends, as far as it changes its machine's state.
extension MachineLifecycle.Event {
    /// Nil for a message that changes nothing.
    package init?(_ message: ControlMessage, at instant: Instant) {
        switch message {
        case .hello(let version):
            guard version != ControlMessage.version else { return nil }
            let problem = "its init speaks version \(version), not \(ControlMessage.version)"
            self = .violated(.init(problem: problem))
        case .ready:
            self = .configured(at: instant)
        case .bye:
            // Simulated time goes on until it has left the calendar: powering off may take some.
            self = .bye
        case .started, .output, .ended, .problem, .outlook, .stored, .errors, .need, .taken, .artifact:
            return nil
        }
    }

    /// Init has sent what is no message.
    package init(_ failure: ControlDecoder.Failure) {
        self = .violated(.init(problem: "its init sent \(failure)"))
    }
}
