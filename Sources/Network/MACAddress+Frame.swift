extension MACAddress {
    /// Reads the six octets of an Ethernet frame that begin at `offset`: 0 is the destination, 6 the source.
    /// The caller has checked that the frame is that long.
    package init(frame: [UInt8], at offset: Int) {
        var value: UInt64 = 0
        for index in offset..<offset + 6 { value = value << 8 | UInt64(frame[index]) }
        self.init(value: value)
    }

    /// A frame's destination. The frame has at least an Ethernet header.
    package static func destination(of frame: [UInt8]) -> MACAddress { MACAddress(frame: frame, at: 0) }

    /// Who sent a frame. The frame has at least an Ethernet header.
    package static func source(of frame: [UInt8]) -> MACAddress { MACAddress(frame: frame, at: 6) }
}
