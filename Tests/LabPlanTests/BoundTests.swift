import Testing

@testable import LabPlan

/// Numbers of a lab file: bounds, signs, and what else is not a number though some reader takes it.
struct BoundTests {
    /// All keys of the reference with a shape.
    private static func keys(_ matches: (ValueShape) -> Bool) -> [(place: String, key: Key)] {
        KeyTables.documented.flatMap { table in
            table.keys.filter { matches($0.shape) }.map { (table.place, $0) }
        }
    }

    private static func times(of shape: ValueShape) -> ClosedRange<UInt64>? {
        switch shape {
        case .time(let range), .timeRange(let range): range
        case .either(let shapes): shapes.lazy.compactMap(times).first
        default: nil
        }
    }

    private func expect(_ place: String, _ key: String, _ value: String, says message: String = "") {
        for lab in KeyExamples.labs(place, key, value) {
            let objection = KeyExamples.objection(to: lab)
            #expect(
                objection?.contains(message) == true,
                "\(key): \(value) in \(place): \(objection ?? "accepted")")
        }
    }

    @Test func everyTimeHasItsBound() {
        let keys = Self.keys { Self.times(of: $0) != nil }
        #expect(keys.count > 25)
        var bounds: Set<UInt64> = []
        for (place, key) in keys {
            guard let range = Self.times(of: key.shape) else { continue }
            bounds.insert(range.upperBound)
            let most = DurationText.format(range.upperBound)
            expect(place, key.name, "\(most)1ns", says: "\(key.name) of")
            expect(place, key.name, "\(most)1ns", says: "must be at most \(most)")
            expect(place, key.name, "106751d", says: "must be at most \(most)")
        }
        // Delays, all other times, jitter, which is multiplied, what a polling call takes, and what commands have to end.
        #expect(
            bounds == [
                LabLimits.longestDelay, LabLimits.longestTime, LabLimits.jitters.upperBound,
                LabLimits.pollingLimits.upperBound, 50_000_000_000,
            ])
    }

    @Test func everyDelayHasTheSameBound() {
        let most = DurationText.format(LabLimits.longestDelay)
        #expect(most == "1000000s")
        func accepts(_ lab: String) -> Bool { KeyExamples.objection(to: lab) == nil }
        for lab in KeyExamples.labs("link", "latency", most) { #expect(accepts(lab), "\(lab)") }
        for lab in KeyExamples.labs("network", "latency", most) { #expect(accepts(lab), "\(lab)") }
        for lab in KeyExamples.labs("path", "latency", most) { #expect(accepts(lab), "\(lab)") }
        for lab in KeyExamples.labs("reorder", "by", most) { #expect(accepts(lab), "\(lab)") }
    }

    @Test(arguments: [
        "+5ms", "-5ms", "5e3ms", "5", "٥ms", "5 ms", "0x5ms", "NaNs", "infs", ".5s", "5.s", "''",
    ])
    func noTimes(value: String) {
        for (place, key) in Self.keys({ Self.times(of: $0) != nil }) { expect(place, key.name, value) }
    }

    private static func isInteger(_ shape: ValueShape) -> Bool {
        if case .integer = shape { true } else { false }
    }

    @Test(arguments: ["+7", "-7", "7.0", "7e0", "0x7", "٧", "'7 '", "18446744073709551616", "~"])
    func noIntegers(value: String) {
        let keys = Self.keys(Self.isInteger)
        #expect(keys.count > 10)
        for (place, key) in keys { expect(place, key.name, value) }
    }

    private static func isForm(_ form: ValueShape, _ shape: ValueShape) -> Bool {
        switch (form, shape) {
        case (.form(let a), .form(let b)): a == b
        case (_, .either(let shapes)): shapes.contains { isForm(form, $0) }
        default: false
        }
    }

    @Test(arguments: ["+1%", "-1%", "NaN%", "inf%", "1e1%", "١%", "100.0000001%", "%", "1", "1 %"])
    func noShares(value: String) {
        let keys = Self.keys { Self.isForm(.share, $0) || Self.isForm(.shareRange, $0) }
        #expect(keys.count > 8)
        for (place, key) in keys { expect(place, key.name, value) }
    }

    @Test(arguments: ["+1Mbit", "-1Mbit", "1e3bit", "١Mbit", "1MBit", "1001Tbit", "0.1bit"])
    func noBandwidths(value: String) { expect("link", "bandwidth", value) }

    @Test(arguments: [
        "+10 frames", "-1 frames", "0 frames", "1e3 frames", "١ frames", "+64K", "0K", "1025M", "10",
    ])
    func noQueueLimits(value: String) { expect("link", "queue", value) }

    @Test(arguments: [
        "+2:00:00:00:00:+1", "-2:00:00:00:00:01", "02:00:00:00:00", "02:00:00:00:00:0١",
        "02:00:00:00:00:00:01",
        "2:0:0:0:0:1", "0x:00:00:00:00:01",
    ])
    func noMACAddresses(value: String) {
        expect("interface", "mac", "\"\(value)\"", says: "is not a MAC address like 02:00:00:00:00:01")
    }

    @Test(arguments: ["10.0.0.+1", "+10.0.0.1", "10.0.0.01", "10.0.0.١", "10.0.0.256", "10.0.0"])
    func noAddresses(value: String) {
        expect("interface", "address", value)
        expect("machine", "routes", "{ default: \(value) }")
        expect("network", "subnet", "\(value)/24")
    }

    @Test(arguments: ["10.0.0.0/+24", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.0/"])
    func noSubnets(value: String) { expect("network", "subnet", value) }

    @Test(arguments: ["+755", "-1", "0o755", "888", "10000", "٧"])
    func noModes(value: String) { expect("file", "mode", "\"\(value)\"") }

    @Test(arguments: ["+0", "-1", "256", "0.0", "٠"])
    func noExitStatuses(value: String) {
        expect("command", "expect", value)
        expect("check", "expect", value)
    }

    /// A letter that becomes ASCII in upper case.
    @Test func noSignals() { expect("command", "stop-signal", "ınt") }

    @Test(arguments: ["32769.5K", "33554433.0001K", "+64M", "64e0M", "٦٤M", "31M", "65G", "17179869184G"])
    func noMemory(value: String) { expect("machine", "memory", value) }

    @Test func sizesRoundTrip() throws {
        for bytes in [0, 1, 1023, 1024, 1025, 1536, 1 << 20, (1 << 20) + 1, 3 << 29, (64 << 30) - 1]
            as [UInt64]
        {
            let text = SizeText.format(bytes)
            #expect(try SizeText.parse(text) == bytes, "\(text)")
        }
        #expect(SizeText.format(1536) == "1.5K" && SizeText.format(1) == "0.0009765625K")
        // What a lab file can say is still there when it is resolved.
        for value in ["1.5K", "1 byte", "1023 bytes", "1024 bytes", "0.5M"] {
            for lab in KeyExamples.labs("link", "queue", value) {
                let plan = try KeyExamples.parse(lab)
                #expect(try LabFile.parse(plan.yaml, name: "resolved.yaml") == plan, "\(value)")
            }
        }
        for value in ["32769K", "64.5M", "1.5G"] {
            let plan = try KeyExamples.parse(KeyExamples.labs("machine", "memory", value)[0])
            #expect(try LabFile.parse(plan.yaml, name: "resolved.yaml") == plan, "\(value)")
        }
    }

    @Test(arguments: ["+107000d", "-53001d", "+ 3s", "++3s", "3s", "+0s"])
    func noSteps(value: String) { expect("fault", "clock", value) }
}
