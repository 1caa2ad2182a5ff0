/// A frame on its way, and which it is.
package struct Parcel: Sendable {
    package var frame: Frame
    package let id: FrameID
    /// Of the frames that a segment stands for, the number of this one; negative: all of them. Parcels are copied often, and an
    /// optional number would make them longer.
    private let number: Int32
    /// What becomes of it, where somebody wants to know.
    package let fate: FrameFate?

    package init(_ frame: Frame, _ id: FrameID, part: Int? = nil, fate: FrameFate? = nil) {
        self.frame = frame
        self.id = id
        number = part.map(Int32.init) ?? -1
        self.fate = fate
    }

    package var part: Int? { number < 0 ? nil : Int(number) }

    /// It has reached a receiver.
    package func arrived() { fate?.arrived(part) }

    /// It is lost.
    package func lost(_ reason: String) { fate?.lost(part, reason: reason) }

    /// The frames that it is on the wire, each the same one's.
    var parts: [Parcel] {
        frame.wireFrames().enumerated().map { number, bytes in
            Parcel(Frame(bytes), id, part: number, fate: fate)
        }
    }
}
