package import Calendar
package import Network
package import SystemPackage

/// Writes a packet capture that Wireshark reads: frames as they are on the wire, at simulated times. What is in the file
/// depends on the calls alone, so two runs make the same bytes; blocks stand in the order of the calls.
package final class CaptureFile {
    /// Time of day at instant 0, ns since the epoch.
    private let start: UInt64
    /// Interfaces that frames may be recorded at. The number after theirs is that of the remarks.
    private let interfaceCount: Int
    /// Whole blocks only: what reaches the disk can be read up to its end.
    private var output: FileBuffer
    private var isFinished = false

    /// Why nothing more is written: the disk is full, for example.
    package var failure: Errno? { output.failure }

    /// Begins a capture at `path`, which is replaced.
    ///
    /// - Parameters:
    ///   - start: time of day at instant 0, ns since the epoch.
    ///   - comment: what is captured, for who opens the file.
    ///   - interfaces: numbered from 0 in this order; one for remarks follows them.
    package init(path: String, start: UInt64, comment: String?, interfaces: [Pcapng.Interface]) throws(Errno)
    {
        // No room is kept before there are bytes: a lab may have thousands of captures.
        output = try FileBuffer(path: path)
        self.start = start
        interfaceCount = interfaces.count
        Pcapng.appendSection(comment: comment, to: &output.bytes)
        for interface in interfaces { Pcapng.append(interface, to: &output.bytes) }
        Pcapng.append(.remarks, to: &output.bytes)
        sync()
    }

    /// A frame passed an interface at `instant`. A frame that stands for many is recorded as those, all at `instant` and
    /// each with the comment: what befalls it befalls them.
    package func record(
        _ frame: Frame, interface: Int, at instant: Instant, direction: Pcapng.Direction,
        comment: String? = nil
    ) {
        precondition((0..<interfaceCount).contains(interface), "the capture has no interface \(interface)")
        guard isWriting else { return }
        let time = time(of: instant)
        for packet in frame.wireFrames() {
            Pcapng.appendPacket(
                packet, interface: UInt32(interface), at: time, direction: direction, comment: comment,
                to: &output.bytes)
            output.syncIfFull()
        }
    }

    /// Something happened at `instant` that belongs to no frame.
    package func remark(_ remark: String, at instant: Instant) {
        guard isWriting else { return }
        Pcapng.appendRemark(
            remark, interface: UInt32(interfaceCount), at: time(of: instant), to: &output.bytes)
        output.syncIfFull()
    }

    private var isWriting: Bool {
        precondition(!isFinished, "a capture that is finished takes nothing more")
        return failure == nil
    }

    /// ns since the epoch; at most what 64 bits hold, in the year 2554.
    private func time(of instant: Instant) -> UInt64 {
        let (time, overflow) = start.addingReportingOverflow(instant.nanoseconds)
        return overflow ? .max : time
    }

    /// Hands what is recorded to the system: from then on it survives this process.
    package func sync() { output.sync() }

    /// Writes everything. Nothing may be recorded after it.
    package func finish() {
        isFinished = true
        sync()
    }
}
