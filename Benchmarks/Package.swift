// swift-tools-version: 6.3

import PackageDescription

/// The same list as in the main package: SwiftPM cannot share it, and `PackageTests` compares the two.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "almanac-benchmarks",
    targets: [
        .target(name: "CClients"),
        .executableTarget(name: "Bench", dependencies: ["CClients"], swiftSettings: settings),
    ],
    cLanguageStandard: .gnu17
)
