"""Dates, times of day, durations and time zones; the clock is the run's and gives aware times in UTC."""

from __future__ import annotations

import datetime as host
from operator import index
from time import struct_time

from dana.native import Library, current, documented, fields_of, methods_of
from dana.values import UNBOUND, NativeType, register, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

library = Library(
    "datetime",
    "Dates, times of day, durations and time zones. What the clock gives (`datetime.now()`, `utcnow()`, `today()`, "
    "`fromtimestamp(...)`) is aware, in UTC; a naive time, which has no zone, counts as UTC where a zone is needed.",
)

UTC = host.UTC

_LONGEST = 1000
"""The longest text that `strptime` reads, and the longest format that it takes."""

library.constant("MINYEAR", host.MINYEAR, "The first year of dates.\n\n>>> datetime.MINYEAR\n1")
library.constant("MAXYEAR", host.MAXYEAR, "The last year of dates.\n\n>>> datetime.MAXYEAR\n9999")
library.constant("UTC", UTC, "The time zone UTC.\n\n>>> datetime.UTC\ndatetime.timezone.utc")


def _named(**functions: Any) -> dict[str, Any]:
    """A table of functions that bear the names which programs know."""
    for name, function in functions.items():
        function.__name__ = function.__qualname__ = name
    return functions


def _statics(kind: Any, **functions: Any) -> dict[str, Any]:
    """What a type has itself: its smallest and largest value, their distance, and functions."""
    ends = {"min": kind.min, "max": kind.max, "resolution": kind.resolution}
    return {**ends, **documented(_named(**functions).items())}


def check_format(format: Any) -> None:
    """Refuse a format for which the host might make room without end."""
    if not isinstance(format, str):
        raise TypeError(f"strftime() argument 1 must be str, not {type_name(format)}")
    current().meter.check_text(len(format) * 256)


def _strftime(self: Any, /, format: str) -> Any:
    check_format(format)
    return self.strftime(format)


def _aware(moment: host.datetime) -> host.datetime:
    """A moment with its zone, which is UTC for naive ones."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _zone(tz: Any) -> host.timezone | None:
    if tz is not None and type(tz) is not host.timezone:
        raise TypeError(f"tzinfo argument must be None or of a tzinfo subclass, not type '{type_name(tz)}'")
    return tz


# Durations


library.type(
    NativeType(
        "datetime.timedelta",
        host.timedelta,
        """timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0): a duration.

        Durations add, subtract, compare, and can be multiplied and divided by numbers and divided by durations.
        Fields: `days seconds microseconds`, of which only days may be negative. Raises OverflowError beyond
        999,999,999 days.

        >>> datetime.timedelta(hours=36)
        datetime.timedelta(days=1, seconds=43200)
        >>> print(datetime.timedelta(minutes=90) * 2)
        3:00:00
        >>> datetime.timedelta(days=1, hours=1).total_seconds()
        90000.0
        """,
        construct=host.timedelta,
        methods=methods_of(host.timedelta, "total_seconds"),
        fields=fields_of(host.timedelta, "days seconds microseconds"),
        statics=_statics(host.timedelta),
    )
)


# Time zones


library.type(
    NativeType(
        "datetime.timezone",
        host.timezone,
        """timezone(offset, name): a time zone by its distance from UTC, a timedelta of less than a day.

        `timezone.utc` is UTC. The name is made from the offset when it is not given.

        >>> east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
        >>> print(east)
        UTC+05:30
        >>> datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc).astimezone(east).hour
        17
        """,
        construct=host.timezone,
        methods=methods_of(host.timezone, "utcoffset tzname dst fromutc"),
        statics={"utc": UTC, "min": host.timezone.min, "max": host.timezone.max},
    )
)


# Dates


def _date(year: int, month: int, day: int) -> host.date:
    return host.date(index(year), month, day)


def _date_today() -> host.date:
    """The date now, in UTC.

    >>> datetime.date.today() <= datetime.date.max
    True
    """
    return current().host.now().date()


def _date_fromtimestamp(timestamp: float, /) -> host.date:
    """The date in UTC, so many seconds after 1970 began.

    Raises OverflowError or ValueError beyond the years that there are.

    >>> datetime.date.fromtimestamp(86400)
    datetime.date(1970, 1, 2)
    """
    return host.datetime.fromtimestamp(timestamp, UTC).date()


def _date_fromisoformat(date_string: str, /) -> host.date:
    """The date in an ISO 8601 text. Raises ValueError for other texts.

    >>> datetime.date.fromisoformat("2026-05-01")
    datetime.date(2026, 5, 1)
    """
    return host.date.fromisoformat(date_string)


def _date_fromisocalendar(year: int, week: int, day: int) -> host.date:
    """The date in a week of a year by ISO 8601; day 1 is Monday. Raises ValueError when there is none.

    >>> datetime.date.fromisocalendar(2026, 1, 1)
    datetime.date(2025, 12, 29)
    """
    return host.date.fromisocalendar(year, week, day)


def _date_fromordinal(n: int, /) -> host.date:
    """The date n - 1 days after 1 January of year 1. Raises ValueError when there is none.

    >>> datetime.date.fromordinal(738000)
    datetime.date(2021, 7, 29)
    """
    return host.date.fromordinal(n)


library.type(
    NativeType(
        "datetime.date",
        host.date,
        """date(year, month, day): a day of the calendar, in the years 1 to 9999. Raises ValueError for others.

        Dates compare; the difference of two is a timedelta, which can be added to a date. Fields: `year month day`.

        >>> day = datetime.date(2026, 2, 28) + datetime.timedelta(days=1)
        >>> print(day, day.strftime("%A"), day.weekday())
        2026-03-01 Sunday 6
        """,
        construct=_date,
        methods=methods_of(
            host.date,
            "ctime isocalendar isoformat isoweekday replace timetuple toordinal weekday",
            **_named(strftime=_strftime),
        ),
        fields=fields_of(host.date, "year month day"),
        statics=_statics(
            host.date,
            today=_date_today,
            fromtimestamp=_date_fromtimestamp,
            fromisoformat=_date_fromisoformat,
            fromisocalendar=_date_fromisocalendar,
            fromordinal=_date_fromordinal,
        ),
    )
)


# Times of day


def _time(
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
    tzinfo: host.timezone | None = None,
    *,
    fold: int = 0,
) -> host.time:
    return host.time(index(hour), minute, second, microsecond, tzinfo, fold=fold)


def _time_fromisoformat(time_string: str, /) -> host.time:
    """The time of day in an ISO 8601 text. Raises ValueError for other texts.

    >>> datetime.time.fromisoformat("09:30")
    datetime.time(9, 30)
    """
    return host.time.fromisoformat(time_string)


library.type(
    NativeType(
        "datetime.time",
        host.time,
        """time(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0): a time of day.

        Raises ValueError for values outside of a day. Fields: `hour minute second microsecond tzinfo fold`.

        >>> print(datetime.time(9, 30), datetime.time(9, 30) < datetime.time(10))
        09:30:00 True
        """,
        construct=_time,
        methods=methods_of(host.time, "dst isoformat replace tzname utcoffset", **_named(strftime=_strftime)),
        fields=fields_of(host.time, "hour minute second microsecond tzinfo fold"),
        statics=_statics(
            host.time,
            fromisoformat=_time_fromisoformat,
        ),
    )
)


# Moments


def _datetime(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
    tzinfo: host.timezone | None = None,
    *,
    fold: int = 0,
) -> host.datetime:
    return host.datetime(index(year), month, day, hour, minute, second, microsecond, tzinfo, fold=fold)


def _astimezone(self: Any, /, tz: host.timezone | None = None) -> Any:
    return _aware(self).astimezone(_zone(tz) or UTC)


def _timestamp(self: Any, /) -> float:
    return _aware(self).timestamp()


def _now(tz: host.timezone | None = None) -> host.datetime:
    """The time now, aware: in UTC, or in the zone `tz`.

    >>> datetime.datetime.now().tzinfo
    datetime.timezone.utc
    """
    moment = current().host.now()
    return moment if _zone(tz) is None else moment.astimezone(tz)


def _utcnow() -> host.datetime:
    """The time now, aware, in UTC; the same as `now()`.

    >>> datetime.datetime.utcnow().tzinfo
    datetime.timezone.utc
    """
    return current().host.now()


def _today() -> host.datetime:
    """The time now, aware, in UTC; the same as `now()`.

    >>> datetime.datetime.today().tzinfo
    datetime.timezone.utc
    """
    return current().host.now()


def _fromtimestamp(timestamp: float, tz: host.timezone | None = None) -> host.datetime:
    """The time so many seconds after 1970 began, aware: in UTC, or in the zone `tz`.

    Raises OverflowError or ValueError beyond the years that there are.

    >>> print(datetime.datetime.fromtimestamp(1_000_000_000))
    2001-09-09 01:46:40+00:00
    """
    return host.datetime.fromtimestamp(timestamp, _zone(tz) or UTC)


def _utcfromtimestamp(timestamp: float, /) -> host.datetime:
    """The time so many seconds after 1970 began, aware, in UTC; the same as `fromtimestamp(...)`.

    >>> print(datetime.datetime.utcfromtimestamp(0))
    1970-01-01 00:00:00+00:00
    """
    return host.datetime.fromtimestamp(timestamp, UTC)


def _fromisoformat(date_string: str, /) -> host.datetime:
    """The time in an ISO 8601 text; naive unless it names an offset. Raises ValueError for other texts.

    >>> datetime.datetime.fromisoformat("2026-05-01T12:00:00Z")
    datetime.datetime(2026, 5, 1, 12, 0, tzinfo=datetime.timezone.utc)
    """
    return host.datetime.fromisoformat(date_string)


def _fromisocalendar(year: int, week: int, day: int) -> host.datetime:
    """Midnight of a day in a week of a year by ISO 8601, naive; day 1 is Monday.

    >>> print(datetime.datetime.fromisocalendar(2026, 1, 1))
    2025-12-29 00:00:00
    """
    return host.datetime.fromisocalendar(year, week, day)


def _fromordinal(n: int, /) -> host.datetime:
    """Midnight n - 1 days after 1 January of year 1, naive. Raises ValueError when there is none.

    >>> print(datetime.datetime.fromordinal(738000))
    2021-07-29 00:00:00
    """
    return host.datetime.fromordinal(n)


def _combine(date: host.date, time: host.time, tzinfo: Any = UNBOUND) -> host.datetime:
    """A date and a time of day as one; the zone is that of the time of day, or `tzinfo` if given.

    >>> print(datetime.datetime.combine(datetime.date(2026, 5, 1), datetime.time(9, 30)))
    2026-05-01 09:30:00
    """
    if tzinfo is UNBOUND:
        return host.datetime.combine(date, time)
    return host.datetime.combine(date, time, tzinfo)


def _strptime(date_string: str, format: str, /) -> host.datetime:
    """The time in a text of a known format (`%Y %m %d %H %M %S %f %z %b %B %a %A %p` ...); naive without `%z`.

    Raises ValueError for texts that do not fit. A text or a format may have up to 1,000 characters.

    >>> print(datetime.datetime.strptime("1 May 2026, 09:30", "%d %B %Y, %H:%M"))
    2026-05-01 09:30:00
    """
    import re  # 8 ms that most programs do not need

    for number, given in enumerate((date_string, format), 1):
        if not isinstance(given, str):
            raise TypeError(f"strptime() argument {number} must be str, not {type_name(given)}")
        if len(given) > _LONGEST:
            raise ValueError(f"strptime() takes up to {_LONGEST:,} characters, got {len(given):,}")
    try:
        return host.datetime.strptime(date_string, format)
    except re.error:
        raise ValueError(f"a directive occurs twice in format '{format}'") from None


library.type(
    NativeType(
        "datetime.datetime",
        host.datetime,
        """datetime(year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0): a moment.

        It is naive without a zone; `now()` gives aware ones. Naive and aware ones cannot be compared or subtracted;
        a naive one counts as UTC for `timestamp()` and `astimezone()`, and `astimezone()` without a zone gives UTC.
        The difference of two is a timedelta, which can be added to one. Fields: `year month day hour minute second
        microsecond tzinfo fold`.

        >>> start = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc)
        >>> print(start + datetime.timedelta(hours=36))
        2026-05-03 00:00:00+00:00
        >>> start.isoformat(), start.strftime("%d.%m.%Y"), start.timestamp()
        ('2026-05-01T12:00:00+00:00', '01.05.2026', 1777636800.0)
        """,
        construct=_datetime,
        methods=methods_of(
            host.datetime,
            "ctime date dst isocalendar isoformat isoweekday replace time timetuple timetz toordinal tzname utcoffset "
            "utctimetuple weekday",
            **_named(astimezone=_astimezone, strftime=_strftime, timestamp=_timestamp),
        ),
        fields=fields_of(host.datetime, "year month day hour minute second microsecond tzinfo fold"),
        statics=_statics(
            host.datetime,
            now=_now,
            utcnow=_utcnow,
            today=_today,
            fromtimestamp=_fromtimestamp,
            utcfromtimestamp=_utcfromtimestamp,
            fromisoformat=_fromisoformat,
            fromisocalendar=_fromisocalendar,
            fromordinal=_fromordinal,
            combine=_combine,
            strptime=_strptime,
        ),
    )
)


_named(date=_date, time=_time, datetime=_datetime)


# What some methods give


register(
    NativeType(
        "datetime.IsoCalendarDate",
        type(host.date.min.isocalendar()),
        "The tuple (year, week, weekday) of a date by ISO 8601, with fields of these names.",
        fields=fields_of(type(host.date.min.isocalendar()), "year week weekday"),
    )
)
register(
    NativeType(
        "time.struct_time",
        struct_time,
        "A tuple of the parts of a time: year, month, day, hour, minute, second, weekday, day of the year, and -1.",
        fields=fields_of(
            struct_time,
            "tm_year tm_mon tm_mday tm_hour tm_min tm_sec tm_wday tm_yday tm_isdst tm_zone tm_gmtoff",
        ),
    )
)
