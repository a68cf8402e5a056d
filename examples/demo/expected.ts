/** Figures that were computed elsewhere, from the same files. */
export const expected = {
  'days of weather': 1461,
  'mm of precipitation': 4426.0,
  'hottest day': '35.6 °C on 2014-08-11',
  'days of rain': 641,
  'days of sun': 640,
  'days of fog': 101,
  'days of drizzle': 53,
  'days of snow': 26,
  airports: 3376,
  routes: 5366,
  flights: 7_009_728,
  'flights from ATL': 414_513,
  'flights from ORD': 350_380,
  'flights from DFW': 281_281,
} as const
