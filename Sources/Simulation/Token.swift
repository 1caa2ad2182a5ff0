/// The reactor's tokens: what a descriptor is, in the upper byte; which one, below.
enum Token {
    static let calendar: UInt64 = 0
    static let deviceSocket: UInt64 = 1 << 56
    static let device: UInt64 = 2 << 56
    static let backChannel: UInt64 = 3 << 56
    static let child: UInt64 = 4 << 56
    static let timer: UInt64 = 5 << 56
    static let signals: UInt64 = 6 << 56
    static let console: UInt64 = 7 << 56
    static let idle: UInt64 = 8 << 56
    static let visitor: UInt64 = 9 << 56
    static let kind: UInt64 = 0xff << 56
}
