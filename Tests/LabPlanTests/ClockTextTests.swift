import LabPlan
import Testing

struct ClockTextTests {
    @Test(
        arguments: [
            ("50ppm", 50_000), ("+50ppm", 50_000), ("-20ppb", -20), ("1.5ppm", 1500),
            ("-100000ppm", -100_000_000),
        ] as [(String, Int64)])
    func drifts(text: String, parts: Int64) throws {
        #expect(try DriftText.parse(text) == parts)
        #expect(try DriftText.parse(DriftText.format(parts)) == parts)
    }

    @Test(arguments: ["", "50", "ppm", "0ppm", "0.5ppb", "100001ppm", "--1ppm", "1 ppm", "1.2.3ppm"])
    func noDrifts(text: String) {
        #expect(throws: TextError.self) { _ = try DriftText.parse(text) }
    }

    @Test(
        arguments: [("+3s", 3_000_000_000), ("-1.5ms", -1_500_000), ("+1h30min", 5_400_000_000_000)]
            as [(String, Int64)])
    func steps(text: String, nanoseconds: Int64) throws {
        #expect(try StepText.parse(text) == nanoseconds)
        #expect(try StepText.parse(StepText.format(nanoseconds)) == nanoseconds)
    }

    @Test(arguments: ["", "3s", "+", "+0s", "+-3s", "-3", "+ 3s"])
    func noSteps(text: String) {
        #expect(throws: TextError.self) { _ = try StepText.parse(text) }
    }

    @Test func ranges() throws {
        #expect(try RangeText.parse("20s..60s", DurationText.parse) == 20_000_000_000...60_000_000_000)
        #expect(try RangeText.parse("1.5s", DurationText.parse) == 1_500_000_000...1_500_000_000)
        #expect(try RangeText.parse("1.5ms..1.5s", DurationText.parse) == 1_500_000...1_500_000_000)
        for text in ["", "..", "1s..", "..1s", "2s..1s", "1s...2s", "1..2s"] {
            #expect(throws: TextError.self) { _ = try RangeText.parse(text, DurationText.parse) }
        }
    }
}
