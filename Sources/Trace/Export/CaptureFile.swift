package import Calendar
package import Network
package import SystemPackage

/// Writes a packet capture for Wireshark: frames as they are on the wire, at simulated times. The file depends only
/// on the calls, so two runs write the same bytes; blocks are in the order of the calls.
package final class CaptureFile {
    /// Time of day at instant 0, ns since the epoch.
    private let start: UInt64
    /// Number of interfaces of frames; the interface of remarks has the next number.
    private let interfaceCount: Int
    /// Holds whole blocks only, so that the file is readable up to its end at any time.
    private var output: FileBuffer
    private var isFinished = false

    /// Why writing stopped, for example because the disk is full.
    package var failure: Errno? { output.failure }

    /// Creates or replaces the capture at `path`.
    ///
    /// - Parameters:
    ///   - start: time of day at instant 0, ns since the epoch.
    ///   - comment: what is captured; Wireshark shows it.
    ///   - interfaces: numbered from 0 in this order; the interface of remarks follows them.
    package init(path: String, start: UInt64, comment: String?, interfaces: [Pcapng.Interface]) throws(Errno)
    {
        // No buffer is reserved in advance: a lab may have thousands of captures.
        output = try FileBuffer(path: path)
        self.start = start
        interfaceCount = interfaces.count
        Pcapng.appendSection(comment: comment, to: &output.bytes)
        for interface in interfaces { Pcapng.append(interface, to: &output.bytes) }
        Pcapng.append(.remarks, to: &output.bytes)
        sync()
    }

    /// Records a frame that passed an interface at `instant`. A segment that stands for several frames is recorded as
    /// those frames, all at `instant`.
    ///
    /// - Parameter comment: of a frame, by its number in the segment from 0.
    package func record(
        _ frame: Frame, interface: Int, at instant: Instant, direction: Pcapng.Direction,
        comment: (Int) -> String? = { _ in nil }
    ) {
        precondition((0..<interfaceCount).contains(interface), "the capture has no interface \(interface)")
        guard isWriting else { return }
        let time = time(of: instant)
        for (number, packet) in frame.wireFrames().enumerated() {
            Pcapng.appendPacket(
                packet, interface: UInt32(interface), at: time, direction: direction,
                comment: comment(number),
                to: &output.bytes)
            output.syncIfFull()
        }
    }

    /// Records a remark at `instant` that belongs to no frame.
    package func remark(_ remark: String, at instant: Instant) {
        guard isWriting else { return }
        Pcapng.appendRemark(
            remark, interface: UInt32(interfaceCount), at: time(of: instant), to: &output.bytes)
        output.syncIfFull()
    }

    private var isWriting: Bool {
        precondition(!isFinished, "the capture is finished")
        return failure == nil
    }

    /// ns since the epoch; saturates in the year 2554.
    private func time(of instant: Instant) -> UInt64 {
        let (time, overflow) = start.addingReportingOverflow(instant.nanoseconds)
        return overflow ? .max : time
    }

    /// Writes what is buffered to the file; it then survives the end of this process.
    package func sync() { output.sync() }

    /// Writes everything; nothing may be recorded afterwards.
    package func finish() {
        isFinished = true
        sync()
    }
}
