"""Figures of the ground truth, read from stored values of indicators, from receipts and from released rows."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl

from tests.city.world import Figure, World

CODES = {
    "hangzhou": "330100",
    "nanjing": "320100",
    "shanghai": "310100",
    "杭州": "330100",
    "南京": "320100",
    "宁波": "330200",
}


def whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def ranked(figures: list[Figure], most: int | None = None) -> list[list[Any]]:
    ordered = sorted(figures, key=lambda figure: (-(figure.value or 0), figure.key))
    return [[figure.key, whole(figure.value)] for figure in ordered[:most]]


# ---- metro -----------------------------------------------------------------------------------------------------------


def metro_day_total(world: World) -> Any:
    entries, exits = world.figures("metro.entries", "day"), world.figures("metro.exits", "day")
    return [[a.on("%Y-%m-%d"), whole(a.value), whole(b.value)] for a, b in zip(entries, exits, strict=True)]


def metro_station_day(world: World) -> Any:
    entries, exits = world.figures("metro.entries", "day", "station"), world.figures("metro.exits", "day", "station")
    made = [
        [a.on("%Y-%m-%d"), int(a.key[1:]), whole(a.value), whole(b.value)] for a, b in zip(entries, exits, strict=True)
    ]
    return sorted(made)


def metro_top10(world: World) -> Any:
    day = [item for item in world.figures("metro.entries", "day", "station") if item.on("%F") == "2019-01-25"]
    return [[int(key[1:]), value] for key, value in ranked(day, 10)]


def metro_peak_slot(world: World) -> Any:
    best: dict[str, Figure] = {}
    for item in world.figures("metro.entries", "15min"):
        if (item.value or 0) > ((best[item.on("%F")].value or 0) if item.on("%F") in best else -1):
            best[item.on("%F")] = item
    return [[day, item.on("%H:%M"), whole(item.value)] for day, item in best.items()]


def metro_hour(world: World) -> Any:
    hours = [item for item in world.figures("metro.entries", "hour") if item.on("%F") == "2019-01-21"]
    return [[int(item.on("%H")), whole(item.value)] for item in hours]


def metro_degree(world: World) -> Any:
    stations = world.figures("metro.neighbours", "all", "from_station")
    return [[n, count] for n, count in sorted(Counter(whole(item.value) for item in stations).items())]


# ---- air -------------------------------------------------------------------------------------------------------------


def pm25_year(city: str) -> Callable[[World], Any]:
    def figure(world: World) -> Any:
        lists = [
            [item for item in world.figures(name, "year", "city") if item.key == CODES[city]]
            for name in ("air.pm25_days", "air.pm25_daily", "air.over_limit_days")
        ]
        return [[a.at.year, whole(a.value), b.value, whole(c.value)] for a, b, c in zip(*lists, strict=True)]

    return figure


def air_quality(city: str) -> Callable[[World], Any]:
    def figure(world: World) -> Any:
        receipt = world.receipt("source:environment/air_daily", city)
        rules = ("pm25_present", "o3_present", "pm25_not_above_pm10", "co_plausible")
        return [[receipt.received, *(receipt.broken.get(rule, 0) for rule in rules)]]

    return figure


def air_month_2020(world: World) -> Any:
    pm25, rain = world.figures("air.pm25_daily", "month", "city"), world.figures("air.rain", "month", "city")
    return [
        [a.on("%Y-%m"), a.value, b.value]
        for a, b in zip(pm25, rain, strict=True)
        if a.key == "330100" and a.at.year == 2020
    ]


def co_drift(world: World) -> Any:
    months = [item for item in world.figures("air.co_median", "month", "city") if item.key == CODES["nanjing"]]
    return {item.on("%Y-%m"): item.value for item in months if "2014-01" <= item.on("%Y-%m") <= "2015-03"}


def dispute(city: str) -> Callable[[World], Any]:
    def figure(world: World) -> Any:
        (days,), (over10,), (mean,) = (
            [item for item in world.figures(name, "all", "city") if item.key == CODES[city]]
            for name in ("dispute.days", "dispute.over10", "dispute.mean")
        )
        gaps = [item for item in world.figures("dispute.gap", "day", "city") if item.key == CODES[city]]
        worst = max(gaps, key=lambda item: item.value or 0)
        daily = world.figures("air.pm25_daily", "day", "city")
        (a,) = [item.value for item in daily if item.key == CODES[city] and item.at == worst.at]
        b = (a or 0) - (worst.value or 0)
        return {
            "common_days": whole(days.value),
            "over10": whole(over10.value),
            "mean_diff": mean.value,
            "max_gap": [worst.on("%F"), a, b],
        }

    return figure


def station_quality(city: str) -> Callable[[World], Any]:
    def figure(world: World) -> Any:
        receipt = world.receipt("source:environment/station_hourly_2020", city)
        stations = world.rows("contract:environment/station_hourly").filter(pl.col("city") == CODES[city])
        return [
            [
                receipt.received,
                receipt.broken["one_row_per_hour"],
                receipt.accepted,
                stations["station"].n_unique(),
                receipt.broken["pm25_present"],
            ]
        ]

    return figure


def station_day_mean(city: str) -> Callable[[World], Any]:
    def figure(world: World) -> Any:
        there = set(
            world.rows("contract:environment/station_hourly").filter(pl.col("city") == CODES[city])["station"].to_list()
        )
        means = world.figures("air.station_pm25", "day", "station")
        counts = world.figures("air.station_readings", "day", "station")
        return [
            [a.on("%Y%m%d"), a.key, a.value, whole(b.value)]
            for a, b in zip(means, counts, strict=True)
            if a.key in there
        ]

    return figure


def mislabelled(world: World) -> Any:
    as_labelled = world.receipt("source:environment/aqi_daily", "")
    if_shifted = world.receipt("source:environment/aqi_daily_corrected", "")
    return {
        "rows": as_labelled.received,
        "aqi_eq_from_PM10col": if_shifted.received - if_shifted.broken["aqi_is_pm25"],
        "aqi_eq_from_PM25col": as_labelled.received - as_labelled.broken["aqi_is_pm25"],
        "pm25_gt_pm10_as_labelled": as_labelled.broken["pm25_not_above_pm10"],
        "o3_below_2_as_labelled": as_labelled.broken["o3_plausible"],
        "aqi_below_pm25_subindex_as_labelled": as_labelled.broken["aqi_not_below_pm25"],
        "aqi_below_pm25_subindex_if_shifted": if_shifted.broken["aqi_not_below_pm25"],
        "pm25_gt_pm10_if_shifted": if_shifted.broken.get("pm25_not_above_pm10", 0),
    }


def beijing_station_year(world: World) -> Any:
    lists = [world.figures(name, "year", "station") for name in ("beijing.pm25", "beijing.hours", "beijing.suspect")]
    made = [[a.key, a.at.year, a.value, whole(b.value), whole(c.value)] for a, b, c in zip(*lists, strict=True)]
    return sorted(made)


# ---- complaints ------------------------------------------------------------------------------------------------------


def cases_by(field: str, most: int | None = None) -> Callable[[World], Any]:
    def figure(world: World) -> Any:
        made = ranked(world.figures("cases.count", "all", field), most)
        named = [[key or "(none)", value] for key, value in made]
        return sorted(named, key=lambda item: (-item[1], item[0]))

    return figure


def cases_month(world: World) -> Any:
    return [[item.on("%Y-%m"), whole(item.value)] for item in world.figures("cases.opened", "month")]


def cases_on_time(world: World) -> Any:
    names = ("cases.on_time", "cases.judged", "cases.on_time_rate")
    lists = [world.figures(name, "all", "department") for name in names]
    return [[a.key, whole(a.value), whole(b.value), round(c.value or 0, 4)] for a, b, c in zip(*lists, strict=True)]


def cases_hours(world: World) -> Any:
    top = {key for key, _ in ranked(world.figures("cases.count", "all", "type"), 10)}
    return [[item.key, item.value] for item in world.figures("cases.hours_to_close", "all", "type") if item.key in top]


def cases_backlog(world: World) -> Any:
    return ranked(world.figures("cases.backlog_2011", "all", "department"))


def cases_quality(world: World) -> Any:
    receipt = world.receipt("source:hotline/cases_boston", "")
    rules = ("not_the_default_place", "neighborhood_present", "target_not_before_open", "zip_present")
    return [[receipt.received, *(receipt.broken[rule] for rule in rules)]]


# ---- parking ---------------------------------------------------------------------------------------------------------


def parking_quality(world: World) -> Any:
    receipt = world.receipt("source:urban-management/parking_birmingham", "")
    rules = ("no_row_twice", "occupancy_range", "not_above_capacity")
    lots, days = world.figures("parking.readings", "all", "lot"), world.figures("parking.day_max", "day")
    return [[receipt.received, *(receipt.broken[rule] for rule in rules), len(lots), len(days)]]


def parking_rate(world: World) -> Any:
    rates, counts = world.figures("parking.mean_rate", "all", "lot"), world.figures("parking.readings", "all", "lot")
    return [[a.key, a.value, whole(b.value)] for a, b in zip(rates, counts, strict=True)]


def parking_day_max(world: World) -> Any:
    return [[item.on("%F"), whole(item.value)] for item in world.figures("parking.day_max", "day")]


# ---- epidemic --------------------------------------------------------------------------------------------------------


def epidemic_rows(world: World) -> Any:
    receipts = world.receipts["source:health/epidemic_2020"]
    days = world.rows("contract:health/epidemic_daily")["day"].n_unique()
    without_code = sum(item.broken.get("city_has_code", 0) for item in receipts)
    return [[days, sum(item.received for item in receipts), without_code]]


def epidemic_hangzhou(world: World) -> Any:
    lists = [
        [item for item in world.figures(f"epidemic.{name}", "day", "city_code") if item.key == "330100"]
        for name in ("confirmed", "cured", "dead")
    ]
    return [[a.on("%F"), *(whole(item.value) for item in (a, b, c))] for a, b, c in zip(*lists, strict=True)]


def epidemic_zhejiang(world: World) -> Any:
    return ranked([item for item in world.figures("epidemic.zhejiang", "day", "city") if item.on("%F") == "2020-02-15"])


def epidemic_falling(world: World) -> Any:
    return [[whole(item.value)] for item in world.figures("epidemic.falling", "all")]


# ---- divisions -------------------------------------------------------------------------------------------------------


def division_levels(world: World) -> Any:
    receipts = [item for source, found in world.receipts.items() if "civil-affairs" in source for item in found]
    return {item.name.removeprefix("divisions-cn/"): item.received for item in receipts}


def division_drift(world: World) -> Any:
    rows = world.rows("contract:civil-affairs/divisions").filter(pl.col("code").str.starts_with("3301"))

    def names(release: str, level: str) -> dict[str, str]:
        of = rows.filter((pl.col("release") == release) & (pl.col("level") == level))
        return dict(of.select("code", "name").iter_rows())

    old, new = names("2.3.1", "district"), names("2.7.0", "district")
    streets_old, streets_new = names("2.3.1", "street"), names("2.7.0", "street")
    pairs = [(a, b) for a, name in streets_old.items() for b, other in streets_new.items() if name == other]
    return {
        "removed": {code: name for code, name in old.items() if code not in new},
        "added": {code: name for code, name in new.items() if code not in old},
        "streets_old": len(streets_old),
        "streets_new": len(streets_new),
        "streets_same_name": len(pairs),
        "streets_code_changed": sum(a != b for a, b in pairs),
    }


# ---- volume ----------------------------------------------------------------------------------------------------------


def flights_top10(world: World) -> Any:
    return ranked(world.figures("flights.count", "all", "origin"), 10)


def flights_month(world: World) -> Any:
    lists = [world.figures(name, "month") for name in ("flights.count", "flights.delay", "flights.implausible")]
    return [[a.on("%Y-%m"), *(whole(item.value) for item in (a, b, c))] for a, b, c in zip(*lists, strict=True)]


HANGZHOU: dict[str, Callable[[World], Any]] = {
    "metro.day_total": metro_day_total,
    "metro.station_day": metro_station_day,
    "metro.top10_2019-01-25": metro_top10,
    "metro.peak_slot": metro_peak_slot,
    "metro.hour_2019-01-21": metro_hour,
    "metro.degree": metro_degree,
    **{f"air.{city}.pm25_year": pm25_year(city) for city in ("hangzhou", "nanjing", "shanghai")},
    **{f"air.{city}.quality": air_quality(city) for city in ("hangzhou", "nanjing", "shanghai")},
    "air.hangzhou.month_2020": air_month_2020,
    "air.nanjing.co_unit_drift": co_drift,
    **{f"air.dispute.{city}": dispute(city) for city in ("hangzhou", "nanjing")},
    **{f"air.station.{city}.quality": station_quality(city) for city in ("杭州", "南京", "宁波")},
    **{f"air.station.{city}.day_mean": station_day_mean(city) for city in ("杭州", "南京", "宁波")},
    "epi.rows": epidemic_rows,
    "epi.hangzhou": epidemic_hangzhou,
    "epi.zhejiang_2020-02-15": epidemic_zhejiang,
    "epi.nonmonotone": epidemic_falling,
    "div.levels": division_levels,
    "div.drift": division_drift,
}
REFERENCE: dict[str, Callable[[World], Any]] = {
    "air.mislabelled.杭州": mislabelled,
    "air.beijing.station_year": beijing_station_year,
    "c311.department": cases_by("department"),
    "c311.neighborhood": cases_by("neighborhood"),
    "c311.month": cases_month,
    "c311.type_top10": cases_by("type", 10),
    "c311.ontime_rate": cases_on_time,
    "c311.close_hours_median": cases_hours,
    "c311.backlog_2011-12-31": cases_backlog,
    "c311.quality": cases_quality,
    "parking.quality": parking_quality,
    "parking.mean_rate": parking_rate,
    "parking.day_max": parking_day_max,
    "volume.origin_top10": flights_top10,
    "volume.month": flights_month,
}
