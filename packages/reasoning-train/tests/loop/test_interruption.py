import gc
import os
import signal
import time
from contextlib import suppress

import pytest

from reasoning_train.loop.interruption import Interruption, StoppedError


def send(*numbers: int) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_at_once(number: int) -> None:
    with pytest.raises(StoppedError) as error, Interruption().listening():
        send(number)
    assert error.value.signal == number


def test_a_deferred_signal_waits_for_the_end_of_the_block() -> None:
    interruption = Interruption()
    requested = []

    def work() -> None:
        with interruption.listening(), interruption.deferred():
            send(signal.SIGTERM)
            requested.append(interruption.requested)

    with pytest.raises(StoppedError):
        work()
    assert requested == [signal.SIGTERM]


def test_a_second_signal_does_not_wait() -> None:
    interruption = Interruption()
    with pytest.raises(StoppedError), interruption.listening(), interruption.deferred():
        send(signal.SIGTERM, signal.SIGINT)


def test_a_signal_whose_error_was_lost_is_obeyed_at_the_next_check() -> None:
    interruption = Interruption()
    with interruption.listening(), suppress(StoppedError):
        interruption.check()
        send(signal.SIGTERM)
    with pytest.raises(StoppedError):
        interruption.check()


def test_an_error_that_a_callback_of_the_collector_discards_is_raised_again() -> None:
    sent = []

    def callback(phase: str, info: object) -> None:
        if not sent:
            sent.append(phase)
            send(signal.SIGTERM)

    def collect() -> None:
        gc.callbacks.append(callback)
        try:
            gc.collect()
        finally:
            gc.callbacks.remove(callback)
        assert sent
        time.sleep(10)

    with pytest.raises(StoppedError), Interruption().listening():
        collect()


def test_libraries_that_catch_every_exception_do_not_stop_it() -> None:
    def library() -> None:
        try:
            send(signal.SIGTERM)
        except Exception:
            pytest.fail("the signal was taken for a fault of the library")

    with pytest.raises(StoppedError), Interruption().listening():
        library()


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interruption().listening():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_without_a_signal_nothing_happens() -> None:
    interruption = Interruption()
    with interruption.listening(), interruption.deferred():
        pass
    assert interruption.requested is None
