/// Whose time a guest lives in (seed: `enum time_travel_mode`).
public enum ClockMode: Hashable, Sendable {
    /// Real time: the host's monotonic clock, real timers (`TT_MODE_OFF`).
    case off
    /// Real time passes while there is work and is skipped when there is none (`TT_MODE_BASIC`).
    case basic
    /// Work takes no time at all; time passes only by sleeping (`TT_MODE_INFCPU`).
    case infiniteCPU
    /// As `infiniteCPU`, and a calendar on the unix socket at `path` says when to go on (`TT_MODE_EXTERNAL`).
    ///
    /// `id` decides who is first at equal times. Without one the guest says 2^64-1, as kernels do.
    case external(id: UInt64 = .max, path: String)

    /// Simulated time is asked of a calendar.
    var isExternal: Bool {
        if case .external = self { return true }
        return false
    }
}
