import LabPlan
import Network
import Testing

struct ValueTests {
    @Test(
        arguments: [
            ("5ms", 5_000_000), ("1.5s", 1_500_000_000), ("20min", 1_200_000_000_000), ("0s", 0), ("7ns", 7),
            ("1h30min", 5_400_000_000_000), ("0.000000001s", 1), ("30d", 2_592_000_000_000_000),
            ("250us", 250_000),
        ] as [(String, UInt64)])
    func durations(text: String, nanoseconds: UInt64) throws {
        #expect(try DurationText.parse(text) == nanoseconds)
        #expect(try DurationText.parse(DurationText.format(nanoseconds)) == nanoseconds)
    }

    @Test(arguments: [
        "", "5", "ms", "5 ms", "-1s", "1.s", ".5s", "1.2.3s", "0.5ns", "5parsec", "300000d", "1e3s",
        "99999999999999999999s",
    ])
    func noDurations(text: String) {
        #expect(throws: TextError.self) { _ = try DurationText.parse(text) }
    }

    @Test(
        arguments: [("64M", 64 << 20), ("1.5G", 3 << 29), ("512K", 512 << 10), ("2GiB", 2 << 30)]
            as [(String, UInt64)])
    func sizes(text: String, bytes: UInt64) throws {
        #expect(try SizeText.parse(text) == bytes)
        #expect(try SizeText.parse(SizeText.format(bytes)) == bytes)
    }

    @Test(arguments: ["", "64", "M", "64 M", "64m", "64MB", "99999999999G", "0.3K"])
    func noSizes(text: String) {
        #expect(throws: TextError.self) { _ = try SizeText.parse(text) }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1_767_225_600_000_000_000),
            ("2024-02-29T12:34:56.789Z", 1_709_210_096_789_000_000),
            ("2000-03-01T00:00:00+02:00", 951_861_600_000_000_000),
            ("2199-12-31T23:59:59Z", 7_258_118_399_000_000_000),
        ] as [(String, UInt64)])
    func times(text: String, nanoseconds: UInt64) throws {
        #expect(try RFC3339.parse(text) == nanoseconds)
        #expect(try RFC3339.parse(RFC3339.format(nanoseconds)) == nanoseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-01-01", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T00:00:00+0100",
    ])
    func noTimes(text: String) {
        #expect(throws: TextError.self) { _ = try RFC3339.parse(text) }
    }

    @Test func subnets() throws {
        let subnet = try #require(IPv4Subnet("10.1.2.0/30"))
        #expect(subnet.hosts == 0x0a01_0201...0x0a01_0202)
        #expect(subnet.broadcast.description == "10.1.2.3")
        #expect(subnet.contains(IPv4Address("10.1.2.3")!) && !subnet.contains(IPv4Address("10.1.2.4")!))
        #expect(IPv4Subnet("10.0.0.0/31")?.hosts.count == 2)
        #expect(IPv4Subnet("0.0.0.0/0")?.contains(IPv4Address("255.255.255.255")!) == true)
        for text in [
            "10.0.0.1/24", "10.0.0.0/33", "10.0.0/24", "10.0.0.0", "10.0.0.0/", "/24", "10.0.0.0/-1",
        ] {
            #expect(IPv4Subnet(text) == nil, "\(text)")
        }
        for text in ["1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "a.b.c.d", "", "1..2.3", "+1.2.3.4"] {
            #expect(IPv4Address(text) == nil, "\(text)")
        }
    }
}
