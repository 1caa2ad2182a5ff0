internal import ArgumentParser
internal import Lab
internal import LabPlan

/// Where a run waits for people, and how fast it goes for them.
struct HoldArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Hold the run when this has happened, until `almanac resume`: 30s, end, 'first FAIL', fault:2, or 'm1: text' for a line.",
            valueName: "MOMENT"))
    var hold: String?

    @Flag(help: "Hold the run when something has failed: --hold 'first FAIL'.")
    var holdOnFailure = false

    @Option(
        help: ArgumentHelp(
            "Bind simulated time to wall-clock time, for people who take part: 1x, 10x, 0.5x.",
            valueName: "FACTOR"))
    var speed: String?

    func validate() throws {
        guard hold == nil || !holdOnFailure else {
            throw ValidationError("give --hold or --hold-on-failure, not both")
        }
        _ = try moment()
        _ = try factor()
    }

    /// The run is to be held.
    var isAsked: Bool { hold != nil || holdOnFailure }

    /// When the run is held.
    func moment() throws -> Moment? {
        guard let text = holdOnFailure ? "first FAIL" : hold else { return nil }
        do throws(TextError) { return try Moment(text) } catch { throw ValidationError("--hold \(error)") }
    }

    /// Simulated time in a unit of wall-clock time.
    func factor() throws -> Double? {
        guard let speed else { return nil }
        guard let factor = Double(speed.hasSuffix("x") ? String(speed.dropLast()) : speed), factor > 0,
            factor <= 1_000_000
        else { throw ValidationError("--speed \(speed): write a factor such as 1x or 0.5x") }
        return factor
    }
}
