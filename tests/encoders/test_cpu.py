"""The processor in the build identity."""

import platform

import pytest

from eddyline.encoders.cpu import cpu_id, decisive_features


@pytest.mark.parametrize(
    ("cpuinfo", "features"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512bw avx512_vnni\n", ("avx2", "avx512bw", "avx512_vnni")),
        ("flags\t\t: avx512_vnni avx2\n\nflags\t\t: avx2\n", ("avx2", "avx512_vnni")),
        ("Features\t: fp asimd asimddp\n", ("asimddp",)),
        ("", ()),
    ],
)
def test_the_features_that_select_a_kernel_are_named_in_a_fixed_order(cpuinfo: str, features: tuple[str, ...]) -> None:
    assert decisive_features(cpuinfo) == features


def test_the_processor_is_named_by_its_architecture_first() -> None:
    assert cpu_id().split("+")[0] == platform.machine()
