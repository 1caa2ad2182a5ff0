extension Probability {
    /// True with this probability, exact to one part in 2^64.
    @inline(__always)
    func strikes(_ random: inout SplitMix64) -> Bool {
        random.next().multipliedFullWidth(by: 1_000_000_000).high < UInt64(partsPerBillion)
    }

    /// 0 to 1.
    package var value: Double { Double(partsPerBillion) / 1e9 }
}
