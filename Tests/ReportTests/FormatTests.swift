import Report
import Testing

private let second: UInt64 = 1_000_000_000

@Test(
    arguments: [
        (0, "0.000 s"), (999_999, "0.000 s"), (12_345_999_999, "12.345 s"),
        (999_046 * 1_000_000, "999.046 s"),
        (1_000_449_000_000, "1000.4 s"), (3599 * second, "3599.0 s"), (3600 * second, "01:00:00"),
        (86399 * second, "23:59:59"), (30 * 86400 * second, "30 d 00:00:00"), (.max, "213503 d 23:34:33"),
    ] as [(UInt64, String)])
func showsSimulatedTime(nanoseconds: UInt64, text: String) {
    #expect(Format.simulated(nanoseconds) == text)
}

@Test(
    arguments: [
        (0, "0.00 s"), (1_209_999_999, "1.20 s"), (59_999_999_999, "59.99 s"), (125 * second, "2 min 05 s"),
        (3720 * second, "1 h 02 min"),
    ] as [(UInt64, String)])
func showsWallTime(nanoseconds: UInt64, text: String) {
    #expect(Format.wall(nanoseconds) == text)
}

@Test(
    arguments: [
        (1, 0, "-"), (0, 5, "0.00x"), (3, 4, "0.75x"), (999, 100, "9.99x"), (10, 1, "10x"),
        (1000 * second, 1_200_000_000, "833x"), (.max, 1, "18446744073709551615x"), (1, .max, "0.00x"),
    ] as [(UInt64, UInt64, String)])
func showsSpeed(simulated: UInt64, wall: UInt64, text: String) {
    #expect(Format.speed(virtualNanoseconds: simulated, wallNanoseconds: wall) == text)
}

@Test func removesControlCharactersFromUntrustedText() {
    #expect(Format.harmless("a\u{1b}[2Jb\r\nc\u{202e}d\u{9b}é") == "a [2Jb  c d é")
}

@Test func shortensToTheWidth() {
    #expect(Format.shortened("twelve", to: 6) == "twelve")
    #expect(Format.shortened("twelve", to: 5) == "twel…")
    #expect(Format.shortened("twelve", to: 1) == "…")
    #expect(Format.shortened("twelve", to: 0) == "")
}

@Test func theStatusLineFitsTheTerminal() {
    func line(_ width: Int, event: String = "m1: ping -c 1000 m2", waiting: Int = 1, frames: UInt64 = 7)
        -> String
    {
        StatusLine(
            virtualNanoseconds: 12_345_678_901, wallNanoseconds: 100_000_000, date: "2026-01-01T00:00:12Z",
            machines: .init(starting: 0, working: 2, serving: waiting, off: waiting), frames: frames,
            event: event
        ).text(width: width)
    }
    let start = "12.345 s simulated | 2026-01-01T00:00:12Z | 123x | machines: 2 working"
    #expect(line(140) == start + ", 1 serving, 1 off | 7 frames | m1: ping -c 1000 m2")
    #expect(line(120, event: "", waiting: 0, frames: 1) == start + " | 1 frame")
    #expect(line(120, event: "\u{7}\n", waiting: 0) == start + " | 7 frames |   ")
    #expect(line(30) == "12.345 s simulated | 2026-01-…")
}
