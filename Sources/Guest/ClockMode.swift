/// How a guest's time passes (seed: `enum time_travel_mode`).
public enum ClockMode: Hashable, Sendable {
    /// Real time: the host's monotonic clock, real timers (`TT_MODE_OFF`).
    case off
    /// Real time passes while there is work and is skipped when there is none (`TT_MODE_BASIC`).
    case basic
    /// Work takes no time at all; time passes only by sleeping (`TT_MODE_INFCPU`).
    case infiniteCPU
    /// As `infiniteCPU`, and a calendar on the unix socket at `path` schedules it (`TT_MODE_EXTERNAL`).
    ///
    /// `id` orders guests at equal times. Without one the guest sends 2^64-1, as kernels do.
    case external(id: UInt64 = .max, path: String)

    /// A calendar keeps the simulated time.
    var isExternal: Bool {
        if case .external = self { return true }
        return false
    }
}
