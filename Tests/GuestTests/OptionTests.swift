import Testing

@testable import Guest

/// The option parser: `setup_time_travel`, `time_travel_connect_external`, `setup_time_travel_start`.
struct OptionTests {
    @Test(
        arguments: [
            ([], .off, nil),
            (["quiet", "mem=64M"], .off, nil),
            (["time-travel"], .basic, nil),
            (["time-travel=inf-cpu"], .infiniteCPU, nil),
            (["time-travel=ext:/tmp/socket"], .external(path: "/tmp/socket"), nil),
            (["time-travel=ext:7:/tmp/socket"], .external(id: 7, path: "/tmp/socket"), nil),
            (["time-travel=ext:0x1F:a"], .external(id: 31, path: "a"), nil),
            (["time-travel=ext:0X1f:a"], .external(id: 31, path: "a"), nil),
            (["time-travel=ext:010:a"], .external(id: 8, path: "a"), nil),
            (["time-travel=ext:0:a"], .external(id: 0, path: "a"), nil),
            (["time-travel=ext:+5:a"], .external(id: 5, path: "a"), nil),
            (["time-travel=ext:1:a:b"], .external(id: 1, path: "a:b"), nil),
            (["time-travel=ext:18446744073709551615:a"], .external(id: .max, path: "a"), nil),
            (["time-travel=ext:0xffffffffffffffff:a"], .external(id: .max, path: "a"), nil),
            (["time-travel=ext:000000000000000000000010:a"], .external(id: 8, path: "a"), nil),
            (["time-travel", "time-travel=inf-cpu"], .infiniteCPU, nil),
            (["time-travel-start=5"], .off, 5_000_000_000),
            (["time-travel", "time-travel-start=0x10"], .basic, 16_000_000_000),
            (["time-travel-start=0"], .off, 0),
        ] as [([String], ClockMode, UInt64?)])
    func reads(_ arguments: [String], _ mode: ClockMode, _ start: UInt64?) throws {
        #expect(try ClockOptions(parsing: arguments) == ClockOptions(mode: mode, start: start))
    }

    @Test(arguments: [
        ("time-travel=", "it is time-travel, time-travel=inf-cpu or time-travel=ext:[ID:]PATH"),
        ("time-travel=fast", "it is time-travel, time-travel=inf-cpu or time-travel=ext:[ID:]PATH"),
        ("time-travels", "it is time-travel, time-travel=inf-cpu or time-travel=ext:[ID:]PATH"),
        ("time-travel=ext:", "it names no socket"),
        ("time-travel=ext:3:", "it names no socket"),
        (
            "time-travel=ext:0000000000000000000000010:a",
            "the ID '0000000000000000000000010' is longer than 24 characters"
        ),
        (
            "time-travel=ext:18446744073709551616:a",
            "the ID '18446744073709551616' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"
        ),
        ("time-travel=ext::a", "the ID '' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel=ext:08:a", "the ID '08' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel=ext:-1:a", "the ID '-1' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel=ext:0x:a", "the ID '0x' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel=ext:++1:a", "the ID '++1' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel=ext: 1:a", "the ID ' 1' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel=ext:1x:a", "the ID '1x' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)"),
        ("time-travel-start=", "'' is not a number of seconds"),
        ("time-travel-start=now", "'now' is not a number of seconds"),
        ("time-travel-start=9223372037", "it is later than 2^63-1 ns after 1970"),
        ("time-travel-start=18446744073709551615", "it is later than 2^63-1 ns after 1970"),
    ])
    func refuses(_ argument: String, _ reason: String) {
        let error = #expect(throws: GuestError.self) { try ClockOptions(parsing: [argument]) }
        #expect(error?.description == "'\(argument)': \(reason)")
    }

    @Test func saysWhereNoCalendarIs() {
        let path = "/nonexistent/calendar"
        let error = #expect(throws: GuestError.self) {
            try GuestTime(ClockOptions(mode: .external(path: path)))
        }
        #expect(
            error?.description
                == "cannot connect to a calendar at \(path): No such file or directory; start one with 'almanac calendar --socket \(path)'"
        )
    }
}
