/// A guest's simulated time (seed: `time_travel_time`).
final class VirtualTime {
    /// Nanoseconds since the guest started. Never goes back.
    private(set) var now: UInt64 = 0

    /// Advances to `time`, or throws the reason it cannot (seed: `time_travel_set_time`).
    func set(_ time: UInt64) throws(GuestError) {
        guard time >= now else { throw .timeWentBack(from: now, to: time) }
        guard time < GuestTime.never else { throw .sleptForever }
        now = time
    }
}
