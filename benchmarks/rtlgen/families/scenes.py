"""Scenes for rules in plain English: what inputs and outputs stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Signal:
    """An input with what it means when it is 1 and when it is 0."""

    name: str
    true: str
    false: str


@dataclass(frozen=True)
class Scene:
    """Where a rule applies: its signals, and its outputs with what they do when they are 1."""

    top: str
    inputs: tuple[Signal, ...]
    outputs: tuple[tuple[str, str], ...]


SCENES: Final = (
    Scene("greenhouse", (
        Signal("hot", "it is hot", "it is not hot"), Signal("dry", "the soil is dry", "the soil "
        "is moist"),
        Signal("sunny", "the sun shines", "it is cloudy"), Signal("windy", "it is windy", "there "
        "is no wind"),
        Signal("night", "it is night", "it is day"),
    ), (("vent", "the vent opens"), ("pump", "the water pump runs"), ("shade", "the shade is "
    "drawn"))),
    Scene("garage_door", (
        Signal("button", "the button is pressed", "the button is not pressed"),
        Signal("blocked", "something blocks the door", "the way is free"),
        Signal("locked", "the lock is set", "the lock is off"), Signal("at_top", "the door is at "
        "the top", "the door is not at the top"),
        Signal("remote", "the remote control sends", "the remote control is silent"),
    ), (("open_cmd", "the door is opened"), ("lamp", "the lamp is lit"), ("buzzer", "the buzzer "
    "sounds"))),
    Scene("car_alarm", (
        Signal("door", "a door is open", "all doors are shut"), Signal("key", "the key is in the "
        "lock", "the key is out"),
        Signal("motion", "motion is sensed", "nothing moves"), Signal("armed", "the alarm is "
        "armed", "the alarm is disarmed"),
        Signal("glass", "a window is broken", "the windows are whole"),
    ), (("siren", "the siren sounds"), ("flash", "the lights flash"), ("stop_engine", "the engine "
    "is blocked"))),
    Scene("coffee_maker", (
        Signal("water", "there is water in the tank", "the tank is "
        "empty"), Signal("beans", "there are beans", "the beans are used up"),
        Signal("cup", "a cup is in place", "no cup is in place"), Signal("tray_full", "the tray "
        "is full", "the tray has room"),
        Signal("start", "start is pressed", "start is not pressed"),
    ), (("brew", "coffee is brewed"), ("warn", "the warning light is on"), ("grind", "the grinder "
    "runs"))),
    Scene("elevator", (
        Signal("overload", "the cabin is too heavy", "the load is "
        "allowed"), Signal("closed", "the door is closed", "the door is open"),
        Signal("call", "somebody calls", "nobody calls"), Signal("fire", "there is a fire "
        "alarm", "there is no fire alarm"),
        Signal("service", "the service key is turned", "the service key is off"),
    ), (("motor", "the motor is enabled"), ("bell", "the bell rings"), ("hold_door", "the door is "
    "held open"))),
    Scene("water_tank", (
        Signal("low", "the water is below the lower mark", "the water is above the lower mark"),
        Signal("full", "the tank is full", "the tank is not full"), Signal("leak", "a leak is "
        "found", "there is no leak"),
        Signal("manual", "manual mode is chosen", "manual mode is off"), Signal("dirty", "the "
        "filter is dirty", "the filter is clean"),
    ), (("fill", "the inlet valve opens"), ("drain", "the drain opens"), ("alert", "the operator "
    "is alerted"))),
    Scene("server_room", (
        Signal("warm", "the room is warm", "the room is cool"), Signal("smoke", "there is "
        "smoke", "there is no smoke"),
        Signal("mains", "mains power is present", "mains power has "
        "failed"), Signal("staff", "staff is present", "nobody is present"),
        Signal("battery", "the battery is charged", "the battery is flat"),
    ), (("fan", "the fan runs"), ("shutdown", "the servers shut down"), ("page", "the technician "
    "is paged"))),
    Scene("robot", (
        Signal("left_hit", "the left bumper is pressed", "the left bumper is "
        "free"), Signal("right_hit", "the right bumper is pressed", "the right bumper is free"),
        Signal("dark", "it is dark", "it is light"), Signal("tired", "the battery is low", "the "
        "battery is good"),
        Signal("on_line", "the line is seen", "the line is lost"),
    ), (("reverse", "the robot backs off"), ("turn", "the robot turns"), ("light", "the headlight "
    "is on"), ("go_home", "the robot drives home"))),
    Scene("bicycle_lock", (
        Signal("card", "a valid card is held to it", "no valid card is "
        "there"), Signal("shaken", "the bicycle is shaken", "the bicycle stands still"),
        Signal("paid", "the ride is paid", "the ride is not paid"), Signal("rented", "the bicycle "
        "is rented", "the bicycle is not rented"),
        Signal("feeble", "the battery is weak", "the battery is strong"),
    ), (("unlock", "the bolt opens"), ("beep", "it beeps"), ("report", "it reports to the "
    "office"))),
)  # fmt: skip
