/// What the run asks about a machine's state.
extension MachineLifecycle {
    /// Its process has ended, or its model has stopped.
    package var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// A fault boots it later.
    package var willBoot: Bool {
        switch state {
        case .ending(_, let willBoot), .ended(let willBoot): willBoot
        case .launched, .active, .stopping, .leaving: false
        }
    }

    /// Simulated time stands still until its process has ended.
    package var isAwaited: Bool {
        if case .ending = state { true } else { false }
    }

    /// It is configured and waits for the other machines.
    var isReady: Bool {
        if case .active(.ready, _) = state { true } else { false }
    }

    /// Its commands run.
    var isRunning: Bool {
        if case .active(.running, _) = state { true } else { false }
    }

    /// The run asked it to power off, or it does so unasked, or it has ended: a command that ends now ends because of that.
    var isShuttingDown: Bool {
        switch state {
        case .stopping, .leaving, .ending(.poweredOff, _), .ended: true
        case .launched, .active, .ending: false
        }
    }

    /// Its init has announced that it powers off, and its process has not ended.
    var isLeaving: Bool {
        switch state {
        case .leaving, .ending(.poweredOff, _): true
        case .launched, .active, .stopping, .ending, .ended: false
        }
    }
}
